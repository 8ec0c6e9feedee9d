from __future__ import annotations

import lzma

from bench.images.boot import modules


def module(depends: str) -> bytes:
    return b"\x7fELF\0license=GPL\0depends=" + depends.encode() + b"\0name=x\0"


def test_order_puts_needs_first_and_names_each_once() -> None:
    available = {"a": module("b,c-d"), "b": module("c-d,builtin"), "c_d": module("")}
    assert modules.ordered(["a", "b"], available) == ("c_d", "b", "a")


def test_names_are_the_kernels() -> None:
    assert modules.name_of("./lib/modules/6.1/virtio-rng.ko.xz") == "virtio_rng"
    assert modules.name_of("./lib/modules/6.1/modules.dep") is None


def test_compressed_modules_are_unpacked() -> None:
    assert modules.unpack("x.ko.xz", lzma.compress(module(""))) == module("")
    assert modules.unpack("x.ko", module("")) == module("")
