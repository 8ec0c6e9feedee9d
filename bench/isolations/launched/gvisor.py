"""gVisor's ``runsc`` directly: a kernel in a process, which intercepts the workload's system calls."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from bench.errors import BenchError, StartTimeoutError, UnavailableError
from bench.host import patience
from bench.host.subprocesses import told_by, version_of
from bench.images import cache
from bench.isolations.base import Availability, Fault
from bench.isolations.launched.oci_runtime import Checkpointed
from bench.isolations.launched.seat import Seat
from bench.isolations.probe import probe
from bench.isolations.variants import GvisorOptions, chosen
from bench.model import Envelope, Image, Say, short_digest

_PLATFORMS = ("systrap", "kvm", "ptrace")
"""In the order in which they are tried; systrap is gVisor's own default since 2023."""
_PROBE_S = 3.0
"""Within which a sandbox starts and ends on a fast host, under a platform that works."""


class Runsc(Checkpointed):
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
        self._options = chosen(self.family, words, GvisorOptions())
        self._platform = self._options.platform

    def missing(self) -> Fault | None:
        """Look for what every runtime needs, then whether this release knows the variant's flag."""
        if fault := super().missing():
            return fault
        if self._options.directfs is not None and "-directfs" not in told_by("runsc", "flags"):
            return Fault(
                reason=f"runsc {version_of('runsc')} has no flag directfs",
                remedy="Install a gVisor of 2023 or later, as bookworm-backports' or Debian 13's; or leave it out",
                of_host=True,
            )
        return None

    def altered(self, envelope: Envelope) -> Envelope:
        """Return the envelope on the network that this variant names."""
        return replace(envelope, network=self._options.network) if self._options.network else envelope

    def options(self, seat: Seat) -> Sequence[str]:
        """Return the platform, whose network stack (the host's or gVisor's own), and who opens files, where said."""
        directfs = self._options.directfs
        opens = () if directfs is None else (f"--directfs={str(directfs).lower()}",)
        return (f"--platform={self._platform}", f"--network={seat.network}", *opens)

    def prepare(self, image: Image, say: Say) -> None:
        """Extract the image's tree; find the first platform under which a sandbox starts, once for this host."""
        super().prepare(image, say)
        if self._platform:
            return
        remembered = cache.root() / f"gvisor-{short_digest(os.uname().release.encode(), version_of('runsc').encode())}"
        with suppress(OSError):  # not asked yet
            self._platform = remembered.read_text()
        if self._platform not in _PLATFORMS:
            self._platform, sure = self._first_that_starts(image)
            with suppress(OSError):  # it is asked again next time
                remembered.write_text(self._platform if sure else "")

    def _first_that_starts(self, image: Image) -> tuple[str, bool]:
        """Return the platform, and whether none before it was given up for time alone, as one is on a busy host."""
        refused, remedy = {}, "Try a newer runsc"
        for platform in _PLATFORMS:
            tried = Runsc(self.run, (platform,))
            tried.guard = self.guard
            try:
                probe(tried, image, timeout_s=patience.limit_s(_PROBE_S))
            except BenchError as error:
                refused[platform] = error.what
                remedy = patience.longer() if isinstance(error, StartTimeoutError) else remedy
            else:
                return platform, remedy != patience.longer()
        reasons = "; ".join(f"{platform}: {reason}" for platform, reason in refused.items())
        raise UnavailableError(f"no platform of gVisor starts a sandbox here ({reasons})", remedy=remedy)

    def describe(self) -> Availability:
        """Name the version and the platform."""
        found = super().describe()
        versions = {**found.versions, "platform": self._platform}
        return replace(found, detail=f"{found.detail}, platform {self._platform}", versions=versions)
