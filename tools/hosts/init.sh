#!/bin/busybox sh
# The first program of a lab host: drive the disk, and go on with the system on it.
# /proc is left to that: a static busybox that sees its own name there aborts on newer kernels, where it is no path.
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done
waited=0
until [ -b /dev/vda ] || [ "$waited" -ge 300 ]; do sleep 0.1; waited=$((waited + 1)); done
mount -t ext4 /dev/vda /root || echo "The host's disk could not be mounted."
mount -o move /dev /root/dev
exec switch_root /root /sbin/init
