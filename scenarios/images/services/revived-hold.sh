#!/.isobench/busybox sh
# What a service must not lose: hold SERVICE PORT before|after. Prints a JSON document: `held`, a digest of all its data,
# and `connection`: whether one that was opened before still answers after.
to=/tmp/held.to from=/tmp/held.from
case $1 in
    function) ask='GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n' ;;
    redis) ask='FCALL held 0\r\n' ;;
esac

connect() {
    rm -f $to $from
    /.isobench/busybox mkfifo $to
    /.isobench/busybox nc 127.0.0.1 "$1" <>$to >$from 2>/dev/null &  # opened for both: it never sees the end of its input
}

# Puts the next answer on the connection into $answer; empty: none has come within 2 s.
next() {
    answer= tries=100
    told=$(/.isobench/busybox grep -c '^{' $from)
    printf "$ask" 1<>$to
    while [ -z "$answer" ] && [ $((tries -= 1)) -gt 0 ]; do
        /.isobench/busybox sleep 0.02
        answer=$(/.isobench/busybox grep '^{' $from | /.isobench/busybox sed -n "$((told + 1))p")
    done
}

connection=true
[ "$3" = after ] || connect "$2"
next
if [ -z "$answer" ]; then
    connection=false
    connect "$2"
    next
fi
echo "{\"connection\": $connection, ${answer#?}"
