#!/usr/bin/env bash
# An overlay that is larger than its base is read with its end moved into its middle.
#
# Packages: dissect.hypervisor==3.21 (PyPI); qemu-utils 1:7.2+dfsg-7 (Debian 12, unpacked and not installed; another version ends
#   the script)
# Input: a base of 1 MiB of B, and over it a qcow2 image of 4 MiB, as one makes a guest's disk from an image for clouds that is too
#   small. At 2 MiB 64 KiB of O are written, at 3 MiB 1 MiB of E. qemu-img check finds no errors.
# One would expect: what qemu-img and a guest see: behind the end of the base, where nothing was written, are zeros.
# Seen 2026-11-29: the stream says that its size is 4 MiB, and read() gives 2112 KiB: what lies behind the base's end is not zero
#   but left out, so O is at 1 MiB and E right behind it. A loop that reads until nothing comes gets 1 MiB, the base, and nothing of
#   what was written. Nothing is raised. Who seeks to 3 MiB gets E.
# What it costs: a copy of the guest's disk that is short, and in which all behind the first gap is in the wrong place; or one that
#   lacks what the guest wrote there.
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
python3 -c 'print(end="B" * (1 << 20))' > base.raw
root/usr/bin/qemu-img convert -f raw -O qcow2 base.raw base.qcow2
root/usr/bin/qemu-img create -q -f qcow2 -F qcow2 -b base.qcow2 overlay.qcow2 4M
root/usr/bin/qemu-io -f qcow2 -c "write -q -P 0x4f 2M 64k" -c "write -q -P 0x45 3M 1M" overlay.qcow2
root/usr/bin/qemu-img check -q overlay.qcow2
root/usr/bin/qemu-img convert -f qcow2 -O raw overlay.qcow2 overlay.raw
seen=$(venv/bin/python - <<'PYTHON'
from itertools import groupby
from pathlib import Path

from dissect.hypervisor.disk.qcow2 import QCow2

def kib(data):
    """How many KiB of which byte stand one after the other."""
    runs = groupby(data[at] for at in range(0, len(data), 1024))
    return " ".join(f"{chr(byte) if byte else 'zero'} {len(list(run))}" for byte, run in runs)

image = QCow2(Path("overlay.qcow2"))
whole, parts = image.open(), image.open()
print("qemu-img:", kib(Path("overlay.raw").read_bytes()), end="; ")
print("size:", whole.size >> 10, end="; ")
print("read():", kib(whole.read()), end="; ")
print("loop:", kib(b"".join(iter(lambda: parts.read(1 << 16), b""))), end="; ")
parts.seek(3 << 20)
print("from 3 MiB:", kib(parts.read(1 << 20)))
PYTHON
)
echo "$seen (KiB)"
right="qemu-img: B 1024 zero 1024 O 64 zero 960 E 1024; size: 4096"
[ "$seen" = "$right; read(): B 1024 O 64 E 1024; loop: B 1024; from 3 MiB: E 1024" ] ||
    { echo "the behaviour has changed" >&2; exit 1; }
