"""What differs between trials on purpose, so that no accident of a set-up becomes a result.

Mytkowicz et al., Producing Wrong Data Without Doing Anything Obviously Wrong!, ASPLOS 2009: the size of the environment
alone moved results by as much as 10 %, and any one size is a choice. Here it, the length of the instance's name and
its CPUs are drawn for every trial, from the trial's nonce, which comes from the run's seed: what a trial got can be
worked out again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")
_NONCE = re.compile(r"[0-9a-f]{16}")


def padding_bytes(nonce: str) -> int:
    """Return how many bytes ``ISOBENCH_PADDING`` holds in the workload's environment: 0 to 4095, all alike likely.

    The entry (``bench/images/entry.sh``) works out the same; a nonce that is not 16 hex digits pads nothing.
    """
    return _drawn(nonce, slice(-3, None))


def name_tail(nonce: str) -> str:
    """Return what an instance's name ends in: 0 to 15 characters, all lengths alike likely.

    Names stand in paths, in control groups and on command lines, those of a machine's monitor too.
    """
    return nonce[: _drawn(nonce, slice(-4, -3))]


def placed(nonce: str, choices: Sequence[_T]) -> _T:
    """Return one of the choices, all alike likely."""
    return choices[_drawn(nonce, slice(0, 8)) % len(choices)]


def varied(placements: int) -> dict[str, str]:
    """Say what is drawn, for a run whose instances can be placed in so many ways at most."""
    return {
        "padding_bytes": "0 to 4095 bytes in the workload's environment",
        "name_tail": "0 to 15 characters in the instance's name",
        "placement": f"one of {placements} sets of CPUs" if placements > 1 else "",
    }


def _drawn(nonce: str, digits: slice) -> int:
    return int(nonce[digits], 16) if _NONCE.fullmatch(nonce) else 0
