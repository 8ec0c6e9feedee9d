#!/usr/bin/env bash
# A file that was preallocated and never written reads as what was deleted before.
#
# Packages: ext4-cli==0.0.5, dissect.extfs==3.15 (PyPI); e2fsprogs 1.47.0-2 (Debian 12, unpacked and not installed; another
#   version ends the script)
# Input: an ext4 image in which a file of 64 KiB of text was written and removed, and then one of 64 KiB made by fallocate, as is done
#   for swap files, logs and databases. e2fsck finds nothing wrong in it.
# One would expect: 64 KiB of zeros, as debugfs and dissect.extfs read, and as any kernel does: the blocks are marked as unwritten.
# Seen 2026-11-30: `ext4 cat` gives the text of the removed file, all 64 KiB of it; `ext4 cp` writes it to a file. Nothing is said.
# What it costs: files of a guest's disk with a content that the guest never sees, and checksums that differ for the same disk.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root e2fsprogs libext2fs2 libss2 libcom-err2 libblkid1 > apt.log 2>&1 ||
    { cat apt.log >&2; exit 1; }
version=$(dpkg-deb -f e2fsprogs_*.deb Version)
case $version in "1.47.0-2"*) ;; *) echo "this is about e2fsprogs 1.47.0-2; apt has $version" >&2; exit 1 ;; esac
for package in *.deb; do dpkg -x "$package" root; done
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ext4-cli==0.0.5 dissect.extfs==3.15
python3 -c 'print(end=("removed " * 8192))' > removed
head -c 65536 /dev/zero > zeros
: > empty
(
    LD_LIBRARY_PATH=$(echo root/usr/lib/*-linux-gnu):$(echo root/lib/*-linux-gnu)
    export LD_LIBRARY_PATH
    root/sbin/mke2fs -q -t ext4 image 8M
    printf '%s\n' "write removed removed" "rm removed" "write empty prepared" "fallocate prepared 0 15" "sif prepared size 65536" |
        root/sbin/debugfs -w -f - image
    root/sbin/e2fsck -fn image
    root/sbin/debugfs -R "dump prepared by_debugfs" image
) > e2fs.log 2>&1 || { cat e2fs.log >&2; exit 1; }
venv/bin/ext4 -s image cat /prepared > by_cat
venv/bin/ext4 -s image cp /prepared by_cp > cp.log 2>&1 || { cat cp.log >&2; exit 1; }
venv/bin/python -c 'from dissect.extfs import ExtFS
open("by_dissect", "wb").write(ExtFS(open("image", "rb")).get("/prepared").open().read())'
seen=$(for reader in debugfs dissect cat cp; do
    for what in zeros removed; do cmp -s "by_$reader" "$what" && echo -n "$reader: $what; "; done
done) || true
echo "$seen"
[ "$seen" = "debugfs: zeros; dissect: zeros; cat: removed; cp: removed; " ] || { echo "the behaviour has changed" >&2; exit 1; }
