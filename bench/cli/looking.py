"""How a run looks at its own figures: in a process of its own, so that the measuring one stays light."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.errors import BenchError
from bench.stopping import Width


def widths(folder: Path) -> Sequence[Width]:
    """Return how sure the cells in a run's folder are; raises BenchError where that cannot be told."""
    command = [sys.executable, "-m", "bench", "widths", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"how sure the figures are cannot be told: {done.stderr.strip()[-300:]}")
    return [Width(key=(key[0], key[1], key[2]), half_width=width) for key, width in json.loads(done.stdout)]
