#!/bin/sh
# nginx with two files: 1 KiB and 100 KiB.
#
#   web.sh BIND PORT
set -eu
mkdir -p /run/web/files
head -c 1024 /dev/zero >/run/web/files/small
head -c 102400 /dev/zero >/run/web/files/large
sed "s/LISTEN/$1:$2/" /opt/isobench/web.conf >/run/web/nginx.conf
exec nginx -c /run/web/nginx.conf
