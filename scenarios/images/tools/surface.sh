#!/bin/sh
# What can be reached from in here: surface WHAT FOLDER [PORT]
#   build   once, before the others: the architecture's table of calls, as its headers tell it, and the program
#   calls   every system call, then the rest that can be seen from inside
#   redis   a server at PORT is started, answers 300 requests, each on a connection of its own, and is ended
#   else    one piece of work of surface.c, in FOLDER; known: as often as FOLDER says
set -eu
here=/opt/isobench

case $1 in
build)
    echo '#include <asm/unistd.h>' | cc -E -dM - |
        sed -n 's/^#define __NR_\([a-z0-9_]*\) [0-9].*/CALL(\1)/p' | sort >/tmp/calls.h
    cc -O1 -static -I/tmp -o /usr/local/bin/surface "$here/surface.c"
    ;;
calls)
    surface calls "$2"
    exec python3 -S "$here/surface.py"
    ;;
redis)
    port=$3
    redis-server --bind 127.0.0.1 --port "$port" --dir "$2" --save '' --appendonly no --daemonize no >/tmp/redis.log &
    server=$!
    tries=0
    until redis-cli -p "$port" ping 2>/dev/null | grep -q PONG; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] && kill -0 "$server" || { cat /tmp/redis.log; exit 1; }
        sleep 0.1
    done
    timeout 60 redis-benchmark -h 127.0.0.1 -p "$port" -n 300 -c 1 -k 0 -t set -r 300 --csv
    redis-cli -p "$port" shutdown nosave
    wait "$server"
    echo "done: redis"
    ;;
*) exec surface "$1" "$2" ;;
esac
