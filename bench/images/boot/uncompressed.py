"""The plain kernel inside a compressed one: a guest that starts from it has nothing to unpack first.

An emulated machine spends a fifth of its boot on unpacking its kernel. QEMU starts an ELF kernel by the entry that was
made for Xen (PVH), as other monitors do; such a kernel is not moved to a random address.
Source: Linux, Documentation/arch/x86/boot.rst (``payload_offset``).
"""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Protocol

import lz4.block
import zstandard

_BZIMAGE = 0x202, b"HdrS"
_SECTORS_AT, _PAYLOAD_AT = 0x1F1, 0x248
_SECTOR_BYTES = 512
_ELF = b"\x7fELF"
_PVH_ENTRY = b"\x12\0\0\0Xen\0"
"""Of an ELF note: its type, XEN_ELFNOTE_PHYS32_ENTRY, and its owner."""
_LZ4_BLOCK_BYTES = 8 << 20


def plain_kernel(content: bytes) -> bytes | None:
    """Return the ELF kernel in a bzImage; None where there is none that QEMU can start, or none that we can unpack."""
    at, mark = _BZIMAGE
    if content[at : at + len(mark)] != mark:
        return None
    offset, length = struct.unpack_from("<II", content, _PAYLOAD_AT)
    start = (content[_SECTORS_AT] + 1) * _SECTOR_BYTES + offset
    payload = content[start : start + length]
    unpack = next((how for magic, how in _FORMATS.items() if payload.startswith(magic)), None)
    try:
        plain = unpack(payload) if unpack else b""
    except (zlib.error, lzma.LZMAError, lz4.block.LZ4BlockError, zstandard.ZstdError, struct.error):
        return None
    return plain if plain.startswith(_ELF) and _PVH_ENTRY in plain else None


def _lz4(payload: bytes) -> bytes:
    """Unpack the frame that kernels use, LZ4's old one: blocks of 8 MiB behind their sizes. What is behind ends it."""
    plain, at = list[bytes](), 4
    while at + 4 < len(payload):
        (size,) = struct.unpack_from("<I", payload, at)
        block = payload[at + 4 : at + 4 + size]
        plain.append(lz4.block.decompress(block, uncompressed_size=_LZ4_BLOCK_BYTES))
        at += 4 + size
    return b"".join(plain)


class _Decompressor(Protocol):
    """What three libraries have in common."""

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def _to_its_end(made: Callable[[], _Decompressor]) -> Callable[[bytes], bytes]:
    """Return what unpacks a payload that ``made`` knows; nothing comes of one that is cut short."""

    def unpack(payload: bytes) -> bytes:
        decompressor = made()
        plain = decompressor.decompress(payload)
        return plain if decompressor.eof else b""

    return unpack


_FORMATS: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": _to_its_end(lambda: zlib.decompressobj(wbits=31)),
    b"\xfd7zXZ\0": _to_its_end(lzma.LZMADecompressor),
    b"\x02\x21\x4c\x18": _lz4,
    b"\x28\xb5\x2f\xfd": _to_its_end(lambda: zstandard.ZstdDecompressor().decompressobj()),
}
"""First bytes -> how the rest is unpacked; what follows the packed kernel is its length."""
