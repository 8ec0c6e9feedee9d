#!/bin/sh
# iperf3's server. Asked to stop, iperf3 says that it was interrupted and ends with 1: here that is a good end.
#
#   network.sh BIND PORT
set -eu
iperf3 --server --bind "$1" --port "$2" --forceflush &
server=$!
trap 'trap - TERM; kill "$server"; wait "$server" || exit 0' TERM
wait "$server"
