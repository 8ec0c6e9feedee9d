#!/bin/sh
# Redis holding 4 MiB that cannot be compressed: keep-redis BIND PORT. It is ready once all of it is there.
(
    {
        until redis-cli -h "$1" -p "$2" -x FUNCTION LOAD </opt/isobench/keep-redis.lua; do sleep 0.01; done
    } >/dev/null 2>&1
    redis-cli -e -h "$1" -p "$2" FCALL fill 0 &
) &
exec redis-server --bind "$1" --port "$2" --save '' --appendonly no --loglevel warning
