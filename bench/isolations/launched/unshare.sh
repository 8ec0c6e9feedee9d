#!/bin/sh
# First process of new namespaces: sets up the root and becomes the command in it.
#
#   unshare.sh FURNISH ROOT NETWORK VOLUME STORAGE DATA BYTES COMMAND...
set -eu
furnish=$1 root=$2 network=$3 volume=$4 storage=$5 data=$6 bytes=$7 proc=new
shift 7
. "$furnish"
{ echo isobench > /proc/sys/kernel/hostname; } 2>/dev/null ||  # without a process; in a user namespace it takes one
    chroot "$root" /.isobench/busybox hostname isobench
exec chroot "$root" "$@"
