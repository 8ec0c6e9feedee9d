"""The plain kernel inside a packed one, in every format that distributions use."""

from __future__ import annotations

import gzip
import lzma
import struct
from collections.abc import Callable

import lz4.block
import pytest
import zstandard

from bench.images.boot.kit import Kit
from bench.images.boot.uncompressed import plain_kernel

PLAIN = b"\x7fELF" + b"a note: \x04\0\0\0\x08\0\0\0\x12\0\0\0Xen\0" + b"code" * 3_000_000
"""Longer than a block of LZ4's."""


def lz4_legacy(plain: bytes) -> bytes:
    blocks = [lz4.block.compress(plain[at : at + (8 << 20)], store_size=False) for at in range(0, len(plain), 8 << 20)]
    return b"\x02\x21\x4c\x18" + b"".join(struct.pack("<I", len(block)) + block for block in blocks)


def bzimage(payload: bytes, sectors: int = 3) -> bytes:
    head = bytearray((sectors + 1) * 512 + 16)
    head[0x1F1] = sectors
    head[0x202:0x206] = b"HdrS"
    struct.pack_into("<II", head, 0x248, 16, len(payload))
    return bytes(head) + payload + b"what follows"


FORMATS = {
    "gzip": gzip.compress, "xz": lzma.compress, "lz4": lz4_legacy, "zstd": zstandard.ZstdCompressor().compress,
}  # fmt: skip


@pytest.mark.parametrize("pack", FORMATS.values(), ids=FORMATS)
def test_a_kernel_is_unpacked_whatever_it_was_packed_with(pack: Callable[[bytes], bytes]) -> None:
    assert plain_kernel(bzimage(pack(PLAIN) + struct.pack("<I", len(PLAIN)))) == PLAIN


@pytest.mark.parametrize("pack", FORMATS.values(), ids=FORMATS)
def test_what_cannot_be_unpacked_or_started_is_left_as_it_is(pack: Callable[[bytes], bytes]) -> None:
    assert plain_kernel(bzimage(pack(PLAIN.replace(b"Xen", b"xen")))) is None
    assert plain_kernel(bzimage(pack(PLAIN)[:64])) is None
    assert plain_kernel(bzimage(b"packed in some other way")) is None
    assert plain_kernel(PLAIN) is None


def test_a_stock_machine_starts_from_the_plain_kernel(boot_kit: Kit) -> None:
    packed = next(boot_kit.kernel.parent.glob("vmlinuz-*"))
    assert boot_kit.kernel.read_bytes() == plain_kernel(packed.read_bytes())
