#!/usr/bin/python3
"""A function as a service: one handler that answers each request with a small computed document.

function.py BIND PORT
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Greets whom the path names."""

    protocol_version = "HTTP/1.1"  # the connection stays
    wbufsize = -1  # the answer leaves in one piece
    disable_nagle_algorithm = True

    def document(self) -> dict[str, object]:
        """Return the answer."""
        return {"hello": self.path.strip("/") or "world"}

    def do_GET(self) -> None:
        """Answer."""
        body = f"{json.dumps(self.document())}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent: a line for each request would measure the console."""


def serve(handler: type[Handler], greeting: str = "", *, together: bool = False) -> None:
    """Serve where the command line says, several connections ``together``; print a greeting once they are taken."""
    server = (ThreadingHTTPServer if together else HTTPServer)((sys.argv[1], int(sys.argv[2])), handler)
    if greeting:
        sys.stdout.write(f"{greeting}\n")
        sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    serve(Handler)
