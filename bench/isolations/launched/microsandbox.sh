#!/bin/sh
# Starts a machine of microsandbox, runs init in it, and leaves with its status: `msb run` does both, but gives what it
# runs no input.
#
#   microsandbox.sh MSB KERNEL_LOG OPTION... ROOT
#
# The guest's kernel's log is copied to KERNEL_LOG.
msb=$1 log=$2
shift 2
export MSB_HOME=/dev/shm/microsandbox
"$msb" create --quiet --name box "$@" </dev/null || exit
"$msb" exec --quiet --stream --workdir / box -- /.isobench/busybox sh /.isobench/init
status=$?
cp $MSB_HOME/sandboxes/box/logs/kernel.log "$log"
"$msb" stop --quiet box </dev/null
exit $status
