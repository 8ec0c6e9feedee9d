"""Stands where an engine would be: says its runtimes at a socket, reads them again on SIGHUP unless it is deaf.

``reloading.py SOCKET (heeds|deaf) --config-file FILE ...``; standard library only.
"""

from __future__ import annotations

import json
import signal
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

_runtimes: dict[str, object] = {"runc": {}}


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"DefaultRuntime": "runc", "Runtimes": _runtimes}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the base class would print an address, of which there is none."""


def main() -> None:
    place, ear, _option, config = sys.argv[1:5]

    def reload(*_arguments: object) -> None:
        if ear == "heeds":
            _runtimes.clear()
            _runtimes.update({"runc": {}, **json.loads(Path(config).read_text()).get("runtimes", {})})

    signal.signal(signal.SIGHUP, reload)
    with socketserver.UnixStreamServer(place, Answer) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
