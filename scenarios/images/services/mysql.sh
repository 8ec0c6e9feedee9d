#!/bin/sh
# MariaDB's first start on a fresh machine: system tables, data set, service.
#
#   mysql.sh FOLDER BIND PORT
set -eu
folder=$1 bind=$2 port=$3
tables=/usr/share/mysql/mysql_system_tables
mkdir -p /run/mysqld "$folder/mysql"
set -- mariadbd --defaults-file=/opt/isobench/mysql.cnf --datadir="$folder"

{ echo 'USE mysql;'; cat "$tables.sql" "${tables}_data.sql"; } | "$@" --bootstrap
exec "$@" --bind-address="$bind" --port="$port" --init-file=/opt/isobench/mysql.sql
