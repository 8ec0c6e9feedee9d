"""gVisor's ``runsc`` directly: a kernel in a process, which intercepts the workload's system calls."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from bench.errors import BenchError, UnavailableError
from bench.images import cache
from bench.isolations.base import Availability, Say
from bench.isolations.gated import Seat, version_of
from bench.isolations.oci import Runtime
from bench.isolations.probe import probe
from bench.isolations.variants import GvisorOptions, chosen
from bench.model import Image, short_digest

_PLATFORMS = ("systrap", "kvm", "ptrace")
"""In the order in which they are tried; systrap is gVisor's own default since 2023."""
_PROBE_TIMEOUT_S = 3.0


class Runsc(Runtime):
    """A sandbox whose sentry serves the system calls, and whose gofer serves the files."""

    name = program = "runsc"
    stopwatch = (
        "from the go to a waiting shell, through `runsc run` on a bundle that lies there, which starts sentry and "
        "gofer, to the arrival of the workload's first line; its control group exists before, with its limits"
    )
    tools = (("runsc", "runsc"),)
    group_inside = ""
    joins = False  # a group that is there it joins as it is, and leaves there: a kill for memory can be read afterwards

    def __init__(self, run: str, words: Sequence[str] = ()) -> None:
        super().__init__(run, words)
        self._platform = chosen(self.family, words, GvisorOptions()).platform

    def options(self, seat: Seat) -> Sequence[str]:
        """Return the platform, and whose network stack: the host's, passed through, or gVisor's own, loopback only."""
        return (f"--platform={self._platform}", f"--network={seat.network}")

    def prepare(self, image: Image, say: Say) -> None:
        """Extract the image's tree; find the first platform under which a sandbox starts, once for this host."""
        super().prepare(image, say)
        if self._platform:
            return
        remembered = cache.root() / f"gvisor-{short_digest(os.uname().release.encode(), version_of('runsc').encode())}"
        with suppress(OSError):  # not asked yet
            self._platform = remembered.read_text()
        if self._platform not in _PLATFORMS:
            self._platform = self._first_that_starts(image)
            with suppress(OSError):  # it is asked again next time
                remembered.write_text(self._platform)

    def _first_that_starts(self, image: Image) -> str:
        refused = {}
        for platform in _PLATFORMS:
            tried = Runsc(self.run, (platform,))
            tried.guard = self.guard
            try:
                probe(tried, image, timeout_s=_PROBE_TIMEOUT_S)
            except BenchError as error:
                refused[platform] = error.what
            else:
                return platform
        reasons = "; ".join(f"{platform}: {reason}" for platform, reason in refused.items())
        raise UnavailableError(f"no platform of gVisor starts a sandbox here ({reasons})", remedy="Try a newer runsc")

    def describe(self) -> Availability:
        """Name the version and the platform."""
        found = super().describe()
        versions = {**found.versions, "platform": self._platform}
        return replace(found, detail=f"{found.detail}, platform {self._platform}", versions=versions)
