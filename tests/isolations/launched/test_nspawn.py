"""systemd-nspawn keeps the contract."""

from __future__ import annotations

from bench.isolations.base import Isolation
from bench.model import Image
from bench.testing.launching import LEAVE_S, START_S, start
from tests.isolations.launched.gated import GatedContract


class TestNspawn(GatedContract):
    name = "nspawn"
    roles = frozenset({"workload", "monitor"})

    def test_the_status_that_means_reboot_here_is_the_workloads_all_the_same(
        self, isolation: Isolation, image: Image
    ) -> None:
        with start(isolation, image, ("/bin/sh", "-c", "exit 133")) as instance:
            assert instance.wait("end", "closed", timeout_s=START_S) == "end"
            instance.dismiss()
            left = instance.wait_exit(LEAVE_S)
        assert left is not None
        assert instance.console.status == 133
        assert instance.doubt(left) is None
