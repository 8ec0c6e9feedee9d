#!/usr/bin/env bash
# A file of 2 MiB is 1 KiB long in the image that is made of its folder.
#
# Package: e2fsprogs 1.47.0-2 (Debian 12, unpacked and not installed; another version ends the script)
# Input: a folder of three sparse files, put in ext4 images by mke2fs -d, with and without inline_data, as it is done for the root file
#   systems of machines: tail, which begins with 100 bytes and is 2 MiB long; hole, 8 MiB with nothing in them; gap, which has
#   bytes at 0 and at 1 MiB and is 3 MiB long.
# One would expect: the three sizes, in either image, or an error.
# Seen 2026-11-30: with inline_data tail is 1024 bytes and gap 1049600: each ends with its last block that is not a hole; the file
#   that is all hole keeps its size. e2fsck finds nothing wrong. Without inline_data all sizes are right.
# What it costs: a guest's swap file, database or disk image that is cut where its zeros begin, and a difference between two images
#   that were to differ by one feature of the file system.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root e2fsprogs libext2fs2 libss2 libcom-err2 libblkid1 > apt.log 2>&1 ||
    { cat apt.log >&2; exit 1; }
version=$(dpkg-deb -f e2fsprogs_*.deb Version)
case $version in "1.47.0-2"*) ;; *) echo "this is about e2fsprogs 1.47.0-2; apt has $version" >&2; exit 1 ;; esac
for package in *.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(echo root/usr/lib/*-linux-gnu):$(echo root/lib/*-linux-gnu)
export LD_LIBRARY_PATH
mkdir folder
head -c 100 /dev/zero | tr '\0' a > folder/tail
cp folder/tail folder/gap
truncate -s 1M folder/gap
echo end >> folder/gap
truncate -s 2M folder/tail
truncate -s 3M folder/gap
truncate -s 8M folder/hole
seen=
for features in ^inline_data inline_data; do
    rm -f image
    root/sbin/mke2fs -q -t ext4 -b 1024 -O "$features" -d folder image 20M > mke2fs.log 2>&1 || { cat mke2fs.log >&2; exit 1; }
    root/sbin/e2fsck -fn image > e2fsck.log 2>&1 || { cat e2fsck.log >&2; exit 1; }
    seen+="$features:$(for file in tail hole gap; do
        echo -n " $file $(root/sbin/debugfs -R "stat /$file" image 2> /dev/null | sed -n 's/.* Size: //p' | head -n 1)"
    done)"$'\n'
done
echo -n "$seen"
[ "$seen" = "^inline_data: tail 2097152 hole 8388608 gap 3145728
inline_data: tail 1024 hole 8388608 gap 1049600
" ] || { echo "the behaviour has changed" >&2; exit 1; }
