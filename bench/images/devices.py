"""What programs expect below ``/dev`` and no kernel makes: engines do, machines do not."""

from __future__ import annotations

import io
import tarfile

from bench.images.debian.mmdebstrap import EPOCH_S

_LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"}
_FOLDERS = {"shm": 0o1777, "pts": 0o755}
"""To be mounted on."""


def devices() -> bytes:
    """Return it as a tar, to be unpacked in one go: each fork costs an emulated machine tens of milliseconds."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, target in _LINKS.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname, link.mtime = tarfile.SYMTYPE, target, EPOCH_S
            archive.addfile(link)
        for name, mode in _FOLDERS.items():
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, mode, EPOCH_S
            archive.addfile(folder)
    return out.getvalue()
