#!/usr/bin/python3
"""The function once more, with something to lose: each answer touches all of its data and tells what it knows.

keep-function BIND PORT
"""

import hashlib
import os
import random
import time

from function import Handler, serve

_PAGE_BYTES = 4096
_DATA = random.Random(1).randbytes(16 << 20)
_SEEDED = random.Random(os.urandom(16))  # as a program's own generator is: from then on it follows from itself


class Keeper(Handler):
    """Sums a byte of every page, counts its answers, draws numbers from the kernel and from itself, reads the clock."""

    answered = 0

    def document(self) -> dict[str, object]:
        """Return the greeting, and all that a restored copy may have wrong; under ``/held`` a digest of the data."""
        if self.path == "/held":
            return {"held": hashlib.sha1(_DATA).hexdigest()}
        Keeper.answered += 1
        return super().document() | {
            "answered": Keeper.answered,
            "data": sum(_DATA[::_PAGE_BYTES]),
            "kernel": os.urandom(8).hex(),
            "own": _SEEDED.randbytes(8).hex(),
            "clock": time.time(),
        }


serve(Keeper, "ready", together=True)
