#!/usr/bin/env bash
# A hundred requests by thirty workers are ninety, and the 99th percentile of ninety is "0% in 0.0000 secs".
#
# Package of Debian 12, unpacked and not installed; another version ends the script: hey 0.1.4-2
# Input: a server on the loopback that counts what it is asked: 100 requests by 30 workers, 200 by 150, 100 by 25; and 5 by one.
# One would expect: -n is "Number of requests to run": 100, 200 and 100 of them, as ab sends, or a complaint about numbers that do
#   not divide.
# Seen 2026-11-30: 90, 150 and 100. Every worker sends n / c, cut down to a whole number, and the rest is dropped; nothing is said
#   of it. Of the seven percentiles those that need more responses than there were (99 % of 90; 90 %, 95 % and 99 % of 5) are
#   printed as "0% in 0.0000 secs", with status 0.
# What it costs: up to nearly half of the load is not applied, so a series over numbers of workers, at one n, compares different
#   amounts of work; and a report that is read by its lines has a 99th percentile of zero, the best there can be.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root hey > apt.log 2>&1 || { cat apt.log >&2; exit 1; }
version=$(dpkg-deb -f hey_*.deb Version)
case $version in 0.1.4-2*) ;; *) echo "this is about hey 0.1.4-2; apt has $version" >&2; exit 1 ;; esac
dpkg -x hey_*.deb root
cat > count.py <<'PYTHON'
import re
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

class Counter(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass

class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

server = Server(("127.0.0.1", 0), Counter)
Thread(target=server.serve_forever, daemon=True).start()
for number, workers in ((100, 30), (200, 150), (100, 25), (5, 1)):
    Counter.asked.clear()
    command = ["root/usr/bin/hey", "-n", str(number), "-c", str(workers), f"http://127.0.0.1:{server.server_port}/"]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = re.findall(r"^ +(\d+)%+ in (\S+) secs", report, re.M)
    empty = sum(row == ("0", "0.0000") for row in rows)
    print(f"{number} by {workers}: {len(Counter.asked)}, {empty} of {len(rows)} percentiles are 0% in 0.0000", end="; ")
PYTHON
seen=$(python3 count.py)
echo "$seen"
none="0 of 7 percentiles are 0% in 0.0000"
[ "$seen" = "100 by 30: 90, 1${none#0}; 200 by 150: 150, $none; 100 by 25: 100, $none; 5 by 1: 5, 3${none#0}; " ] ||
    { echo "the behaviour has changed" >&2; exit 1; }
