#!/usr/bin/env bash
# 4MiB are 4,000,000 bytes, and 4MB are 4,194,304.
#
# Package of Debian 12, unpacked and not installed; another version ends the script: fio 3.33-3
# Input: files of 4M, 4MB, 4Mi and 4MiB, written in blocks of 4k, and one of 4M in blocks of 4KiB.
# One would expect: 4MiB are 4194304 bytes, as everywhere; 4MB are 4000000, or the same; 4Mi and 4MiB are the same.
# Seen 2026-11-30: 4M, 4MB and 4Mi are 4194304, and 4MiB is 4000000; a block of 4KiB has 4000 bytes. The manual says that the two
#   families are exchanged, for the sake of old jobs, unless kb_base is 1000; its example of 1mi for 1000000 bytes is not what 4Mi
#   does. In what fio prints, MiB are MiB: of the file that was asked for as 4MiB it says 3904KiB. --kb_base=1000 makes 4MiB 4194304
#   and 4MB 4000000, for what stands behind it only.
# What it costs: who writes the unit that cannot be misunderstood gets blocks of 4000 bytes, which lie across the borders of pages
#   and of the device's blocks; and files 5 % smaller than the memory or the disk that they are to fill.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root fio libaio1 libboost-iostreams1.74.0 libboost-thread1.74.0 libdaxctl1 libfmt9 \
    libgfapi0 libgfrpc0 libgfxdr0 libglusterfs0 libibverbs1 libkmod2 libnbd0 libndctl6 libnl-3-200 libnl-route-3-200 libnuma1 \
    libpmem1 libpmemblk1 librados2 librbd1 librdmacm1 > apt.log 2>&1 || { cat apt.log >&2; exit 1; }
version=$(dpkg-deb -f fio_*.deb Version)
[ "$version" = "3.33-3" ] || { echo "this is about fio 3.33-3; apt has $version" >&2; exit 1; }
for package in *.deb; do dpkg -x "$package" root; done
library=$(echo root/usr/lib/*-linux-gnu)
LD_LIBRARY_PATH=$library:$library/ceph:$(echo root/lib/*-linux-gnu)
export LD_LIBRARY_PATH
ldd root/usr/bin/fio | grep "not found" && { echo "fio's libraries are missing: apt-get install fio" >&2; exit 1; }
# write SIZE BLOCK [OPTION before both]: the size of the file and the number of blocks that are written
write() {
    rm -f file
    root/usr/bin/fio --name=write --filename=file --ioengine=sync --rw=write "${@:3}" --size="$1" --bs="$2" \
        --output-format=json --output=report.json
    python3 -c 'import json; print(json.load(open("report.json"))["jobs"][0]["write"]["total_ios"])' > blocks
    echo "$1 by $2${3:+ $3}: $(stat -c %s file) $(cat blocks)"
}
seen=$(
    for size in 4M 4MB 4Mi 4MiB; do write "$size" 4k; done
    write 4M 4KiB
    write 4MB 4k --kb_base=1000
    write 4MiB 4KiB --kb_base=1000
)
write 4MiB 4k > /dev/null
root/usr/bin/fio --name=write --filename=file --ioengine=sync --rw=write --size=4MiB --bs=4k --output=report.txt
printed=$(grep -o '([0-9]*KiB/' report.txt | tr -d '(/' | head -1)
echo "$seen"
echo "4MiB, as it prints them: $printed"
[ "$seen; $printed" = "4M by 4k: 4194304 1024
4MB by 4k: 4194304 1024
4Mi by 4k: 4194304 1024
4MiB by 4k: 4000000 976
4M by 4KiB: 4194304 1048
4MB by 4k --kb_base=1000: 4000000 1000
4MiB by 4KiB --kb_base=1000: 4194304 1024; 3904KiB" ] || { echo "the behaviour has changed" >&2; exit 1; }
