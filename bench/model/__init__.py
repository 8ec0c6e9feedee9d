"""The records that travel from a scenario file to a report. Standard library only.

All are frozen. Quantities carry their unit in their name: ``_s`` seconds, ``_ns`` nanoseconds on the host's
monotonic clock, ``_bytes`` bytes. What is collected is raw; nothing here is rounded, subtracted or clamped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from bench.model.facts import Facts as Facts
from bench.model.facts import Role as Role
from bench.model.parameters import PLACEHOLDER as PLACEHOLDER
from bench.model.parameters import Scalar as Scalar
from bench.model.parameters import combinations as combinations
from bench.model.parameters import filled as filled
from bench.model.recipe import Image as Image
from bench.model.recipe import ImageFile as ImageFile
from bench.model.recipe import ImageSource as ImageSource
from bench.model.recipe import Recipe as Recipe
from bench.model.scenario import Answer as Answer
from bench.model.scenario import Arm as Arm
from bench.model.scenario import Better as Better
from bench.model.scenario import Burst as Burst
from bench.model.scenario import Claim as Claim
from bench.model.scenario import Client as Client
from bench.model.scenario import Density as Density
from bench.model.scenario import DiskRate as DiskRate
from bench.model.scenario import Entering as Entering
from bench.model.scenario import Envelope as Envelope
from bench.model.scenario import Metric as Metric
from bench.model.scenario import Neighbour as Neighbour
from bench.model.scenario import Network as Network
from bench.model.scenario import Output as Output
from bench.model.scenario import Part as Part
from bench.model.scenario import Provenance as Provenance
from bench.model.scenario import Rate as Rate
from bench.model.scenario import Restore as Restore
from bench.model.scenario import Rung as Rung
from bench.model.scenario import Scenario as Scenario
from bench.model.scenario import Storage as Storage
from bench.model.scenario import StorageKind as StorageKind
from bench.model.scenario import Virtualization as Virtualization
from bench.model.scenario import Where as Where
from bench.model.scenario import Window as Window
from bench.model.trial import Cell as Cell
from bench.model.trial import Kind as Kind
from bench.model.trial import Measurement as Measurement
from bench.model.trial import Outcome as Outcome
from bench.model.trial import Phase as Phase
from bench.model.trial import Sample as Sample
from bench.model.trial import Trial as Trial

BASELINE = "bare"
"""The isolation that the others are held against."""
TWIN = "bare:twin"
"""The baseline once more: what differs between the two is chance."""
DEFAULT_PIDS = 4096
"""Processes of an instance at most, where a scenario says nothing of them. For gVisor, which holds several tasks of the
host's for each process of its own, some for a while after that has ended: where processes come and go, as when 400 ask
for a system call each, 1109 were seen at once."""
Say = Callable[[str], None]
"""Receives one line of progress; the core itself never prints."""

FIXED_CONFIDENCE = 0.95
"""Of intervals in a run whose number of rounds was known."""
SEQUENTIAL_CONFIDENCE = 0.97
"""Of intervals in a run that looked at its data to decide when to stop, so that they hold as often as 95 % do."""


def short_digest(*parts: bytes) -> str:
    """Return the first 12 hex digits of the SHA-256 over length-prefixed parts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()[:12]
