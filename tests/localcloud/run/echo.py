"""A container for tests: says what it was given.

`echo.py serve|exit CODE|note FILE|print TEXT|say TEXT ERRORTEXT|never`.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _send(self, body: Any, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _read(self) -> int:
        if self.headers.get("transfer-encoding") == "chunked":
            size = 0
            while length := int(self.rfile.readline(), 16):
                size += len(self.rfile.read(length))
                self.rfile.readline()
            self.rfile.readline()
            return size
        return len(self.rfile.read(int(self.headers.get("content-length", 0))))

    def do_POST(self) -> None:
        self._send({"bytes": self._read()})

    def do_GET(self) -> None:
        if self.path == "/crash":
            os._exit(3)
        if self.path == "/stream":
            return self._stream()
        if self.path.startswith("/metadata"):
            return self._send({"answer": metadata(self.path.removeprefix("/metadata"))})
        if self.path == "/health" and os.path.exists(os.environ.get("SICK", "/nonexistent")):
            return self._send({}, 500)
        self._send(
            {"path": self.path, "headers": dict(self.headers), "env": dict(os.environ), "pid": os.getpid()}
        )

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for number in range(3):
            self.wfile.write(b"2\r\n%d\n\r\n" % number)
            self.wfile.flush()
            time.sleep(0.1)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        pass


def metadata(path: str) -> str:
    request = urllib.request.Request(
        f"http://{os.environ['GCE_METADATA_HOST']}/computeMetadata/v1{path}",
        headers={"Metadata-Flavor": "Google"},
    )
    with urllib.request.urlopen(request) as answer:
        return str(answer.read().decode())


def main(argv: list[str]) -> int:
    print(
        f"echo {' '.join(argv)} of {os.environ.get('K_REVISION') or os.environ.get('CLOUD_RUN_JOB')}",
        flush=True,
    )
    match argv:
        case ["exit", code]:
            print(json.dumps({"severity": "ERROR", "message": "asked to fail"}), flush=True)
            return int(code)
        case ["print", text]:
            print(f"{text} {os.environ.get('EXTRA', '')}", flush=True)
            return 0
        case ["say", text, wrong]:
            print(text, flush=True)
            print(wrong, file=sys.stderr, flush=True)
        case ["note", file]:
            with open(file, "a") as notes:
                notes.write(f"{os.getpid()}\n")
        case ["hang" | "never"]:
            time.sleep(3600)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
