#!/bin/sh
# What the steps read: one key, one list of 600. Read back, so that no step measures an empty answer.
#
#   redis-fill.sh ADDRESS PORT
set -eu
ask() { redis-cli -e -h "$address" -p "$port" "$@"; }
address=$1 port=$2

shift 2
while [ $# -lt 600 ]; do set -- "$@" xxx; done
ask SET key xxx
ask RPUSH list "$@"
[ "$(ask GET key)" = xxx ]
[ "$(ask LLEN list)" = 600 ]
