#!/bin/sh
# One step of redis-benchmark. It counts requests, not seconds: two short runs say how many fill the time.
#
#   redis-client.sh ADDRESS PORT TEST CLIENTS SECONDS
set -eu
address=$1 port=$2 test=$3 clients=$4 seconds=$5
case $test in
    GET) set -- GET key ;;
    SET) set -- SET key xxx ;;
    LRANGE_600) set -- LRANGE list 0 599 ;;
esac

# Runs $1 requests; puts its figures into $row, without the name before them, and whole requests per second into $rate.
# timeout: redis-benchmark asks forever for a service that is gone.
run() {
    requests=$1
    shift
    row=$(timeout 60 redis-benchmark -h "$address" -p "$port" -c "$clients" -n "$requests" --csv "$@") ||
        { echo "redis-benchmark ended with status $? (124: no end within 60 s): $row"; exit 1; }
    row=${row##*"$*\",\""}
    rate=${row%%.*}
}

run 200 "$@"
run $((rate / 10 + 100)) "$@"
begin=$(date +%s%N)
echo 'window begins'
run $((rate * seconds)) "$@"
finish=$(date +%s%N)
echo 'window ended'
echo "$row" | tr -d '"' | awk -F, -v requests="$requests" -v ns=$((finish - begin)) '{
    printf "window seconds: %.4f\n", ns / 1e9
    print "requests: " requests
    print "requests_per_s: " $1
    print "latency_p50_ms: " $4
    print "latency_p99_ms: " $6
}'
