"""What can go wrong in the lab itself; the command's own failure is its exit status."""

from __future__ import annotations

from bench.errors import BenchError


class LabError(BenchError):
    """A lab host could not be built or booted, or was lost; carries the console's last lines as a note."""
