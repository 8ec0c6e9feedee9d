#!/.isobench/busybox sh
# Asks the service in its own instance, on one connection: ask PORT COUNT. Prints the answer, of several the last line.
asked=/tmp/asked.$$ left=$2
while [ $((left -= 1)) -gt 0 ]; do
    printf 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
done >$asked
printf 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >>$asked
[ "$2" -gt 1 ] || exec /.isobench/busybox nc 127.0.0.1 "$1" <$asked  # no process more than it takes
/.isobench/busybox nc 127.0.0.1 "$1" <$asked | /.isobench/busybox tail -n 1
