#!/bin/sh
# The gate: everything that must stand before the stopwatch starts is set up here. Run by the image's own busybox, whose
# mount costs a fork instead of a program to be loaded: a trial waits for its gate.
#
#   gate.sh TREE SCRATCH FURNISH WAITS COVERED NETWORK STORAGE DATA BYTES ENTRANCE... -- COMMAND...
#
# It runs in a mount namespace of its own, so that its mounts go when it goes, however it ends; where it furnishes with
# NETWORK none, also in a network namespace. The image, with a layer that can be written to, is mounted on
# SCRATCH/root; that folder stands already, and upper, work and volume beside it. FURNISH is the script that sets up the
# rest of the root, or - where COMMAND does so itself. COVERED is a folder of the host that is empty for COMMAND; STORAGE,
# DATA and BYTES say what is mounted where for the workload's data; - for nothing. The gate joins the control groups whose
# ENTRANCEs are given, marks itself ready, and waits for a line on standard input: the go. COMMAND then starts as its
# child: a fork and an exec, as from any shell. WAITS is where the shell waits: outside, or inside the root, so that what
# COMMAND names is the root's and no chroot is left to do.
set -eu
umask 022  # as an engine's, whatever the user's
tree=$1 scratch=$2 furnish=$3 waits=$4 covered=$5 network=$6 storage=$7 data=$8 bytes=$9
shift 9
root=$scratch/root volume=$scratch/volume proc=host
read -r _ outside _ < /proc/self/uid_map
[ "$outside" = 0 ] && marks= || marks=,userxattr  # only root of the host may mark files in the usual way
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$scratch/upper,workdir=$scratch/work$marks" "$root"
[ "$data" = - ] || chroot "$root" /.isobench/busybox mkdir -p "$data"  # a link of the image must not lead out of it
[ "$covered" = - ] || mount -t tmpfs tmpfs "$covered"
[ "$furnish" = - ] || . "$furnish"
while [ "$1" != -- ]; do
    echo 0 > "$1"
    shift
done
shift
wait_and_start='echo "@isobench gate"; read -r _ || exit 1; "$@"; exit $?'
case $waits in
    outside) exec /bin/sh -c "$wait_and_start" gate "$@" ;;
    inside) exec chroot "$root" /.isobench/busybox sh -c "$wait_and_start" gate "$@" ;;
esac
