"""gVisor's ``runsc`` directly: a kernel in a process, which intercepts the workload's system calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.errors import BenchError, UnavailableError
from bench.isolations.base import Availability, Say
from bench.isolations.gated import Seat
from bench.isolations.oci import Runtime
from bench.isolations.probe import probe
from bench.isolations.variants import GvisorOptions, chosen
from bench.model import Image

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
        """Extract the image's tree, and find the first platform under which a sandbox starts."""
        super().prepare(image, say)
        if self._platform:
            return
        refused = {}
        for platform in _PLATFORMS:
            self._platform = platform
            try:
                probe(self, image, timeout_s=_PROBE_TIMEOUT_S)
            except BenchError as error:
                refused[platform] = error.what
            else:
                return
        self._platform = ""
        reasons = "; ".join(f"{platform}: {reason}" for platform, reason in refused.items())
        raise UnavailableError(f"no platform of gVisor starts a sandbox here ({reasons})", remedy="Try a newer runsc")

    def describe(self) -> Availability:
        """Name the version and the platform."""
        found = super().describe()
        versions = {**found.versions, "platform": self._platform}
        return replace(found, detail=f"{found.detail}, platform {self._platform}", versions=versions)
