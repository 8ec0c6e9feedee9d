#!/bin/sh
# One step of sysbench's oltp workload: through the server's socket where the arm says so, else over TCP.
#
#   mysql-client.sh ARM ADDRESS PORT MODE THREADS SECONDS [OPTION...]
set -eu
arm=$1 address=$2 port=$3 threads=$5 seconds=$6
export MODE="$4"
shift 6
case $arm in
    socket*) set -- --mysql-socket=/run/mysqld/mysqld.sock "$@" ;;
    *) set -- --mysql-host="$address" --mysql-port="$port" "$@" ;;
esac
exec sysbench /opt/isobench/mysql-client.lua "$@" --mysql-user=sbtest --tables=1 --table-size=10000 \
    --rand-type=uniform --threads="$threads" --time="$seconds" run
