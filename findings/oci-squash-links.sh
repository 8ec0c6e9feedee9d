#!/usr/bin/env bash
# An image is squashed into one layer: a program gets another one's content, and three files are gone.
#
# Packages: oci-squash==0.1.0 (PyPI); umoci 0.4.7+ds-3 (Debian 12, unpacked and not installed; another version ends the script)
# Input: an image of two layers, made by umoci. The first has perl and perl5, and cc and gcc, each pair hard links of one file, as
#   Debian's perl comes; a symbolic link tool to cc; and a file named notes.wh.txt. The second has a new perl, and removes cc.
# One would expect: what umoci unpacks, as any runtime does: perl is new, perl5 and gcc are as they were, tool points to nothing,
#   notes.wh.txt is there.
# Seen 2026-11-30: squashed, perl5 is a link to the new perl. gcc is missing, as the name that it was linked to is; so are the
#   symbolic link, and the file with ".wh." in its name, which is taken for a whiteout though it does not begin with it. The status
#   is 0, and the tool says "Done".
# What it costs: two images that should be the same but for their layers, which is what one squashes for in a measurement of starts,
#   run different programs.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root umoci > apt.log 2>&1 || { cat apt.log >&2; exit 1; }
version=$(dpkg-deb -f umoci_*.deb Version)
case $version in "0.4.7+ds-3"*) ;; *) echo "this is about umoci 0.4.7; apt has $version" >&2; exit 1 ;; esac
for package in *.deb; do dpkg -x "$package" root; done
ldd root/usr/bin/umoci | grep "not found" && { echo "umoci's libraries are missing: apt-get install umoci" >&2; exit 1; }
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check oci-squash==0.1.0
python3 - <<'PYTHON'
import io
import tarfile

def layer(name, *members):
    with tarfile.open(name, "w") as archive:
        for path, kind, content in members:
            member = tarfile.TarInfo(path)
            member.type = kind
            if kind == tarfile.REGTYPE:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content.encode()))
            else:
                member.linkname = content
                archive.addfile(member)

FILE, HARD, SOFT = tarfile.REGTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE
layer("first.tar", ("perl", FILE, "old"), ("perl5", HARD, "perl"), ("cc", FILE, "cc"), ("gcc", HARD, "cc"), ("tool", SOFT, "cc"),
      ("notes.wh.txt", FILE, "notes"), ("other", FILE, "other"))
layer("second.tar", ("perl", FILE, "new"), (".wh.cc", FILE, ""))
PYTHON
umoci() { root/usr/bin/umoci "$@"; }
umoci init --layout layout
umoci new --image layout:two
umoci raw add-layer --image layout:two first.tar
umoci raw add-layer --image layout:two second.tar
umoci unpack --rootless --image layout:two two
tar -C layout -cf image.tar .
venv/bin/oci-squash image.tar -t squashed:one -o squashed.tar 2> squash.log || { cat squash.log >&2; exit 1; }
mkdir squashed one
tar -C squashed -xf squashed.tar
tar -C one -xf squashed/squashed/layer.tar
list() { (cd "$1" && for file in *; do if [ -L "$file" ]; then echo "$file -> $(readlink "$file")"; else echo "$file: $(cat "$file")"; fi; done | paste -sd ,); }
two=$(list two/rootfs)
one=$(list one)
echo "two layers: $two"
echo "squashed: $one"
[ "$two" = "gcc: cc,notes.wh.txt: notes,other: other,perl: new,perl5: old,tool -> cc" ] &&
    [ "$one" = "other: other,perl: new,perl5: new" ] || { echo "the behaviour has changed" >&2; exit 1; }
