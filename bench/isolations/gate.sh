#!/bin/sh
# The gate of a bare instance: everything the envelope needs is set up here, before the stopwatch starts.
#
#   gate.sh NONCE TREE SCRATCH NETWORK STORAGE DATA BYTES ENTRANCE... -- COMMAND...
#
# It runs in a mount namespace of its own, so that its mounts go when it goes, however it ends; with NETWORK none
# also in a network namespace. STORAGE, DATA and BYTES say what is mounted where for the workload's data; - for nothing.
# It joins the control groups whose ENTRANCEs are given, marks itself ready, and waits for a line on
# standard input: the go. The command then starts as its child: a fork and an exec, as from any shell.
set -eu
nonce=$1 tree=$2 scratch=$3 network=$4 storage=$5 data=$6 bytes=$7
shift 7
root=$scratch/root
mkdir -p "$scratch/upper" "$scratch/work" "$root"
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$scratch/upper,workdir=$scratch/work" "$root"
for folder in proc sys dev; do mount --rbind "/$folder" "$root/$folder"; done
for folder in tmp run; do mount -t tmpfs -o mode=1777 tmpfs "$root/$folder"; done
[ "$network" != none ] || chroot "$root" /.isobench/busybox ifconfig lo 127.0.0.1 up
case $storage in
    volume | tmpfs) mkdir -p "$root$data" "$scratch/volume" ;;
esac
case $storage in
    volume) mount --bind "$scratch/volume" "$root$data" ;;
    tmpfs) mount -t tmpfs -o "size=$bytes" tmpfs "$root$data" ;;
esac
while [ "$1" != -- ]; do
    echo 0 > "$1"
    shift
done
shift
echo "@isobench $nonce gate"
read -r _
set +e
chroot "$root" "$@"
exit $?
