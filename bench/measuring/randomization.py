"""What differs between trials on purpose, so that no accident of a set-up becomes a result.

Mytkowicz et al., Producing Wrong Data Without Doing Anything Obviously Wrong!, ASPLOS 2009: the size of the environment
alone moved results by as much as 10 %, and any one size is a choice. Here it, the length of the instance's name and
its CPUs are drawn for every trial, from the trial's nonce, which comes from the run's seed: what a trial got can be
worked out again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_DIGITS = "0123456789abcde"
_NONCE = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What one trial got; its instances, where there are several, share it."""

    cpus: tuple[int, ...]
    """Where its instances run: one of the host's placements, all alike likely."""
    name_tail: str
    """What an instance's name ends in: 0 to 15 characters, all lengths alike likely.

    Names stand in paths, in control groups and on command lines, those of a machine's monitor too. The characters are
    always the same, and have nothing of the nonce.
    """
    padding_bytes: int
    """How many bytes ``ISOBENCH_PADDING`` holds in the workload's environment: 0 to 4095, all alike likely."""


def drawn(nonce: str, placements: Sequence[tuple[int, ...]]) -> Setup:
    """Return the set-up of the trial of this nonce; one that is not 16 hex digits draws the first of everything."""
    return Setup(
        cpus=placements[_drawn(nonce, slice(0, 8)) % len(placements)],
        name_tail=_DIGITS[: _drawn(nonce, slice(-4, -3))],
        padding_bytes=_drawn(nonce, slice(-3, None)),
    )


def varied(placements: int) -> dict[str, str]:
    """Say what is drawn, for a run whose instances can be placed in so many ways at most."""
    return {
        "padding_bytes": "0 to 4095 bytes in the workload's environment",
        "name_tail": "0 to 15 characters in the instance's name",
        "placement": f"one of {placements} sets of CPUs" if placements > 1 else "",
    }


def _drawn(nonce: str, digits: slice) -> int:
    return int(nonce[digits], 16) if _NONCE.fullmatch(nonce) else 0
