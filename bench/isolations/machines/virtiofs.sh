#!/bin/sh
# A root for one guest: the image's tree with a layer that can be written to, in a mount namespace that goes with us.
#
#   virtiofs.sh TREE LAYER ENTRANCE... -- VIRTIOFSD...
#
# It joins the control groups whose ENTRANCEs are given, mounts LAYER/root, says so, and becomes VIRTIOFSD.
set -eu
tree=$1 layer=$2
shift 2
mkdir "$layer/upper" "$layer/work" "$layer/root"
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$layer/upper,workdir=$layer/work" "$layer/root"
while [ "$1" != -- ]; do
    echo 0 > "$1"
    shift
done
shift
echo mounted
exec "$@" >&2
