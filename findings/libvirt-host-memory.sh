#!/usr/bin/env bash
# The host's memory is a thousandth of its domain's: libvirt for Python divides one of the two by 1024.
#
# Packages of Debian 12, unpacked and not installed; other versions end the script: python3-libvirt 9.0.0-1, libvirt0 9.0.0-4
# Input: libvirt's own test driver (test:///default), whose host has 3145728 KiB and one domain; no daemon, no root.
# One would expect: getInfo()[1] is virNodeInfo.memory, in KiB, as the memory of a domain's info() is virDomainInfo's in KiB.
# Seen 2026-11-28: virNodeGetInfo of the same library gives 3145728, Python's getInfo()[1] 3072: the binding makes MiB of this
#   number alone. A domain's info()[1] and maxMemory() stay KiB. Both are bare integers.
# What it costs: a domain that takes "2731 times its host's memory", or a host that has 3 MiB.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root python3-libvirt libvirt0 > apt.log 2>&1 || { cat apt.log >&2; exit 1; }
versions="$(dpkg-deb -f python3-libvirt_*.deb Version) $(dpkg-deb -f libvirt0_*.deb Version)"
case $versions in "9.0.0-1 9.0.0-4"*) ;; *) echo "this is about python3-libvirt 9.0.0-1 and libvirt0 9.0.0-4; apt has $versions" >&2; exit 1 ;; esac
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH="$work/root/usr/lib/x86_64-linux-gnu"
ldd root/usr/lib/x86_64-linux-gnu/libvirt.so.0 | grep "not found" && { echo "libvirt's libraries are missing: apt-get install libvirt0" >&2; exit 1; }
PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 - <<'PYTHON'
import ctypes

import libvirt

class NodeInfo(ctypes.Structure):
    """The struct virNodeInfo of libvirt-host.h."""

    _fields_ = [("model", ctypes.c_char * 32), ("memory", ctypes.c_ulong)] + [
        (name, ctypes.c_uint) for name in ("cpus", "mhz", "nodes", "sockets", "cores", "threads")
    ]

library = ctypes.CDLL("libvirt.so.0")
library.virConnectOpenReadOnly.restype = ctypes.c_void_p
info = NodeInfo()
assert library.virNodeGetInfo(ctypes.c_void_p(library.virConnectOpenReadOnly(b"test:///default")), ctypes.byref(info)) == 0

connection = libvirt.openReadOnly("test:///default")
domain = connection.lookupByName("test")
seen = [info.memory, connection.getInfo()[1], domain.info()[1], domain.maxMemory()]
print("host by the library, host by Python, domain by Python twice:", seen)
assert seen == [3145728, 3072, 8388608, 8388608], "the behaviour has changed"
PYTHON
