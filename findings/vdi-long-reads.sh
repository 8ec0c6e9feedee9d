#!/usr/bin/env bash
# What is in a VDI depends on how much of it is read at once.
#
# Packages: dissect.hypervisor==3.21 (PyPI); qemu-utils 1:7.2+dfsg-7 (Debian 12, unpacked and not installed; another version ends
#   the script)
# Input: a disk of 5 MiB, whose first holds A, the third C, the fourth D and the fifth E; the second was never written. qemu-img
#   makes a VDI of it, of the ordinary kind, and qemu-img check finds no errors.
# One would expect: A, zeros, C, D, E, as qemu-img reads it, however it is read.
# Seen 2026-11-30: so it is in reads of 1 MiB, the size of its blocks, or less. read() for all of it, or for 5 MiB, gives 4 MiB: A,
#   C, D, E. Reads of 2 MiB give A, C, then C, D, then E: 5 MiB, the right size, with C where nothing was written. Nothing is
#   raised. A read takes as much as was asked for from where its first block lies in the file, and does not look at the map again.
# What it costs: a checksum or a copy of a guest's disk with other places' data in its holes, while a test that reads little by
#   little finds it right.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root qemu-utils libaio1 liburing2 libnuma1 libglib2.0-0 > apt.log 2>&1 ||
    { cat apt.log >&2; exit 1; }
version=$(dpkg-deb -f qemu-utils_*.deb Version)
case $version in "1:7.2+dfsg-7"*) ;; *) echo "this is about qemu-utils 1:7.2+dfsg-7; apt has $version" >&2; exit 1 ;; esac
for package in *.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(echo root/usr/lib/*-linux-gnu):$(echo root/lib/*-linux-gnu)
export LD_LIBRARY_PATH
ldd root/usr/bin/qemu-img | grep "not found" && { echo "qemu-img's libraries are missing: apt-get install qemu-utils" >&2; exit 1; }
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check dissect.hypervisor==3.21
python3 -c 'print(end="".join(letter * (1 << 20) for letter in "A\0CDE"))' > disk.raw
root/usr/bin/qemu-img convert -f raw -O vdi disk.raw disk.vdi
root/usr/bin/qemu-img check -q -f vdi disk.vdi
root/usr/bin/qemu-img convert -f vdi -O raw disk.vdi back.raw
seen=$(venv/bin/python - <<'PYTHON'
from itertools import groupby
from pathlib import Path

from dissect.hypervisor.disk.vdi import VDI

MIB = 1 << 20

def letters(data):
    """Which bytes stand one after the other, and how many KiB of each."""
    runs = groupby(data[at] for at in range(0, len(data), 1024))
    return " ".join(f"{chr(byte) if byte else '-'}{len(list(run))}" for byte, run in runs)

def by(size):
    stream = VDI(Path("disk.vdi")).open()
    return letters(b"".join(iter(lambda: stream.read(size), b"")))

print("qemu-img:", letters(Path("back.raw").read_bytes()))
stream = VDI(Path("disk.vdi")).open()
print("size:", stream.size // MIB)
print("read():", letters(stream.read()))
print("by 64 KiB:", by(1 << 16))
print("by 1 MiB:", by(MIB))
print("by 2 MiB:", by(2 * MIB))
print("by 5 MiB:", by(5 * MIB))
PYTHON
)
echo "$seen"
right="A1024 -1024 C1024 D1024 E1024"
[ "$seen" = "qemu-img: $right
size: 5
read(): A1024 C1024 D1024 E1024
by 64 KiB: $right
by 1 MiB: $right
by 2 MiB: A1024 C2048 D1024 E1024
by 5 MiB: A1024 C1024 D1024 E1024" ] || { echo "the behaviour has changed" >&2; exit 1; }
