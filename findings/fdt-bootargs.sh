#!/usr/bin/env bash
# dtc writes a machine's device tree as text, a library reads it: a guest's isolcpus are gone.
#
# Packages: fdt==0.3.3 (PyPI); device-tree-compiler 1.6.1-4 (Debian 12, unpacked and not installed; another version ends the script)
# Input: a device tree whose bootargs are "inst.repo=http://10.0.0.1/os isolcpus=2,3", with a second property that follows, and a
#   compatible of two names, as nearly all have. dtc makes it binary, and text from that.
# One would expect: fdt.parse_dts of dtc's text gives the same properties as fdt.parse_dtb of the binary, or an error.
# Seen 2026-11-30: "//" in a text begins a comment: the bootargs end at "http:", and go on with the name and value of the next
#   property, which is no more there. The two names are one, with a backslash and a 0 between them, as dtc writes lists of texts
#   so. The binary is read right. Nothing is raised or warned.
# What it costs: a microVM that is started from an edited tree without what its kernel was told, and of whose devices none matches.
#   Edit the binary form.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root device-tree-compiler libfdt1 > apt.log 2>&1 || { cat apt.log >&2; exit 1; }
version=$(dpkg-deb -f device-tree-compiler_*.deb Version)
case $version in 1.6.1-4*) ;; *) echo "this is about device-tree-compiler 1.6.1-4; apt has $version" >&2; exit 1 ;; esac
for package in *.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(echo root/usr/lib/*-linux-gnu)
export LD_LIBRARY_PATH
ldd root/usr/bin/dtc | grep "not found" && { echo "dtc's libraries are missing: apt-get install device-tree-compiler" >&2; exit 1; }
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check fdt==0.3.3
cat > machine.dts <<'DTS'
/dts-v1/;
/ {
	compatible = "linux,dummy-virt", "linux,virt";
	chosen {
		bootargs = "inst.repo=http://10.0.0.1/os isolcpus=2,3";
		stdout-path = "/uart@9000000";
	};
};
DTS
root/usr/bin/dtc -q -I dts -O dtb -o machine.dtb machine.dts
root/usr/bin/dtc -q -I dtb -O dts -o again.dts machine.dtb
seen=$(venv/bin/python - <<'PYTHON'
import fdt

for name, tree in ("binary", fdt.parse_dtb(open("machine.dtb", "rb").read())), ("text", fdt.parse_dts(open("again.dts").read())):
    for path in "/", "/chosen":
        for one in tree.get_node(path).props:
            print(f"{name}: {one.name} =", " | ".join(one))
PYTHON
)
echo "$seen"
[ "$seen" = 'binary: compatible = linux,dummy-virt | linux,virt
binary: bootargs = inst.repo=http://10.0.0.1/os isolcpus=2,3
binary: stdout-path = /uart@9000000
text: compatible = linux,dummy-virt\0linux,virt
text: bootargs = inst.repo=http: stdout-path = /uart@9000000' ] || { echo "the behaviour has changed" >&2; exit 1; }
