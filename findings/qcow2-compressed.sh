#!/usr/bin/env bash
# A third of a compressed disk reads as zeros, and nothing complains.
#
# Packages: libqcow-python==20260703 (PyPI); qemu-utils 1:7.2+dfsg-7 (Debian 12, unpacked and not installed; another version ends
#   the script)
# Input: a disk of 2 MiB, 32 clusters of text, made into a qcow2 image by qemu-img convert -c, which is how images for clouds are
#   commonly packed; qemu-img check finds no errors in it, and qemu-img gives back what went in.
# One would expect: the same from the library, or an error, as it does raise one for what it cannot read (zstd, extended L2 entries).
# Seen 2026-11-29: 11 of the 32 clusters come back as 64 KiB of zeros, the other 21 are right; the same ones in every order and size
#   of reads. Uncompressed, all 32 are right.
# What it costs: files of a guest's disk that are empty or torn in an inspection without mounting, while the guest itself is well.
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
venv/bin/pip install -q --disable-pip-version-check libqcow-python==20260703
python3 - > disk.raw <<'PYTHON'
for cluster in range(32):
    print(end=(f"cluster {cluster:04} " * 6000)[: 1 << 16])
PYTHON
root/usr/bin/qemu-img convert -f raw -O qcow2 disk.raw plain.qcow2
root/usr/bin/qemu-img convert -f raw -O qcow2 -c disk.raw compressed.qcow2
root/usr/bin/qemu-img check -q compressed.qcow2
root/usr/bin/qemu-img convert -f qcow2 -O raw compressed.qcow2 back.raw
cmp disk.raw back.raw
venv/bin/python - <<'PYTHON'
import pyqcow

SIZE = 1 << 16
disk = open("disk.raw", "rb").read()

def wrong(name):
    """Clusters that differ from the disk, and whether all of those are zeros."""
    image = pyqcow.file()
    image.open(name)
    read = image.read_buffer_at_offset(len(disk), 0)
    assert len(read) == len(disk)
    places = [at for at in range(0, len(disk), SIZE) if read[at : at + SIZE] != disk[at : at + SIZE]]
    return [at // SIZE for at in places], not any(any(read[at : at + SIZE]) for at in places)

plain, compressed = wrong("plain.qcow2"), wrong("compressed.qcow2")
print("wrong clusters: plain", plain[0], "compressed", compressed[0], "- all of them zeros:", compressed[1])
assert plain[0] == [] and 0 < len(compressed[0]) < 32 and compressed[1], "the behaviour has changed"
PYTHON
