#!/.isobench/busybox sh
# Asks the service in its own instance, on one connection: ask SERVICE PORT COUNT. Prints the answer, of several the last.
asked=/tmp/asked.$$ left=$3
case $1 in
    function) each='GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' last='GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' ;;
    redis) each='FCALL answer 0\r\n' last='FCALL answer 0\r\nQUIT\r\n' ;;
esac
while [ $((left -= 1)) -gt 0 ]; do
    printf "$each"
done >$asked
printf "$last" >>$asked
[ "$3" -gt 1 ] || exec /.isobench/busybox nc 127.0.0.1 "$2" <$asked  # no process more than it takes
/.isobench/busybox nc 127.0.0.1 "$2" <$asked | /.isobench/busybox grep '^{' | /.isobench/busybox tail -n 1
