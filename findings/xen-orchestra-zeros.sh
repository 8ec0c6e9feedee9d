#!/usr/bin/env bash
# What a guest has overwritten with zeros comes back as it was before.
#
# Packages: @xen-orchestra/qcow2@1.3.1, @xen-orchestra/disk-transform@1.3.3, @vates/read-chunk@1.2.1 (npm; the first needs the
#   last and does not say so); qemu-utils 1:7.2+dfsg-7 (Debian 12, unpacked and not installed; another version ends the script)
# Input: a disk of 8 clusters of text as a qcow2 image, of which cluster 0 is then written with zeros by qemu-io (write -z), as when a
#   guest has blocks zeroed; the same in an overlay of it; and the image as `qemu-img convert -c` packs it.
# One would expect: cluster 0 is zeros, as qemu-img says; the compressed image is read, or refused.
# Seen 2026-11-30: cluster 0 has its old text: the flag "reads as zeros" is not looked at, and the place of the old data is still
#   there. In the overlay it counts as not written, so that a chain of both gives the base's text. Of the compressed image it gives
#   64 KiB that begin with the packed bytes. Nothing is raised.
# What it costs: a backup, export or comparison of guests' disks that holds deleted data and differs from what the guest sees.
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
ldd root/usr/bin/qemu-io | grep "not found" && { echo "qemu-io's libraries are missing: apt-get install qemu-utils" >&2; exit 1; }
npm install --silent --no-audit --no-fund --prefix . @xen-orchestra/qcow2@1.3.1 @xen-orchestra/disk-transform@1.3.3 @vates/read-chunk@1.2.1
python3 - > disk.raw <<'PYTHON'
for cluster in range(8):
    print(end=(f"cluster {cluster:04} " * 6000)[: 1 << 16])
PYTHON
qemu_img() { root/usr/bin/qemu-img "$@"; }
qemu_img convert -f raw -O qcow2 disk.raw base.qcow2
qemu_img convert -f raw -O qcow2 -c disk.raw compressed.qcow2
cp base.qcow2 zeroed.qcow2
qemu_img create -q -f qcow2 -F qcow2 -b base.qcow2 overlay.qcow2
for image in zeroed overlay; do
    root/usr/bin/qemu-io -f qcow2 -c "write -z 0 64k" "$image.qcow2" > io.log || { cat io.log >&2; exit 1; }
    qemu_img convert -f qcow2 -O raw "$image.qcow2" "$image.raw"
    cmp -n 65536 "$image.raw" /dev/zero  # what qemu-img says
done
cat > read.mjs <<'NODE'
import fs from "node:fs";
import { QCowAccessor } from "@xen-orchestra/qcow2";
import { DiskChain } from "@xen-orchestra/disk-transform";
const files = {
  openFile: async (path) => fs.openSync(path, "r"),
  closeFile: async (file) => fs.closeSync(file),
  getSize: async (path) => fs.statSync(path).size,
  read: async (file, buffer, offset) => fs.readSync(file, buffer, 0, buffer.length, offset),
};
const image = (name) => new QCowAccessor(files, `${name}.qcow2`);
const disks = { zeroed: image("zeroed"), chain: new DiskChain({ disks: [image("base"), image("overlay")] }), compressed: image("compressed") };
for (const [name, disk] of Object.entries(disks)) {
  await disk.init();
  const { data } = await disk.readBlock(0);
  const text = data.toString("latin1", 0, 12);
  console.log(name, data.length, text === "cluster 0000" ? text : text.startsWith("\0\0\0\0") ? "zeros" : "something else");
}
NODE
seen=$(node read.mjs)
echo "$seen"
[ "$seen" = "zeroed 65536 cluster 0000
chain 65536 cluster 0000
compressed 65536 something else" ] || { echo "the behaviour has changed" >&2; exit 1; }
