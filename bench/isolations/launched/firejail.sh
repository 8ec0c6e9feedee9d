#!/bin/sh
# What firejail finds when it starts, set up in the gate's mount namespace: settings that let it enter a folder as root,
# which its own forbid, and a /dev/shm that holds nothing of the host's, for it shows the host's devices as they are.
#
#   firejail.sh FURNISH ROOT NETWORK VOLUME STORAGE DATA BYTES OPTION... -- COMMAND...
set -eu
furnish=$1 root=$2 network=$3 volume=$4 storage=$5 data=$6 bytes=$7
shift 7
proc=host  # firejail mounts its own on it
mount -t tmpfs tmpfs /etc/firejail
echo "chroot yes" > /etc/firejail/firejail.config
mount -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=64m shm /dev/shm
. "$furnish"
chmod 755 "$root/run"  # firejail enters no root whose /run others may write to
cd /
exec env -i PATH="$PATH" firejail --chroot="$root" "$@"  # it refuses variables and words of more than 4 KiB
