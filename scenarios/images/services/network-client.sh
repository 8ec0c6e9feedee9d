#!/bin/sh
# One step of iperf3: bytes go into the instance, or come out of it.
#
#   network-client.sh ADDRESS PORT in|out SECONDS
set -eu
address=$1 port=$2 direction=$3 seconds=$4
set -- --client "$address" --port "$port" --time "$seconds" --congestion reno --json
[ "$direction" = in ] || set -- "$@" --reverse
exec iperf3 "$@"
