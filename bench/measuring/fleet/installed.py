"""Whether what a fleet needs is installed: it is an extra, and nothing else needs it."""

from __future__ import annotations

from importlib.util import find_spec

from bench.errors import InputError

_NEEDED = ("distributed", "cryptography")


def require_installed() -> None:
    """Raise InputError where dask.distributed, or what makes certificates, is not installed."""
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise InputError(
            f"a fleet needs {' and '.join(missing)}, not installed here", remedy="pip install 'isobench[fleet]'"
        )
