"""The real hyperfine, of the version that a test is about: the distribution's is 1.x, that of the environment 2.x."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from bench.testing.launching import unavailable


def hyperfine(major: int) -> str:
    """Return the path of a hyperfine of this major version; skips the test where there is none."""
    places = [str(Path(sys.executable).parent), None, "/usr/bin"]
    for program in filter(None, (shutil.which("hyperfine", path=place) for place in places)):
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        if told.split()[1].startswith(f"{major}."):
            return program
    return unavailable(f"hyperfine {major} is not installed: tools/setup --dev")
