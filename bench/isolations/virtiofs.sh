#!/bin/sh
# A root for one guest: the image's tree with a layer that can be written to, in a mount namespace that goes with us.
#
#   virtiofs.sh TREE SCRATCH ENTRANCE... -- VIRTIOFSD...
#
# It joins the control groups whose ENTRANCEs are given, mounts SCRATCH/root, says so, and becomes VIRTIOFSD.
set -eu
tree=$1 scratch=$2
shift 2
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
while [ "$1" != -- ]; do
    echo 0 > "$1"
    shift
done
shift
echo mounted
exec "$@" >&2
