"""Cloud KMS as far as signing needs it: versions of one key, its public key, signatures, Google's errors."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY = "projects/p/locations/l/keyRings/r/cryptoKeys/evidence"
ALGORITHM = "EC_SIGN_P256_SHA256"
VERSIONS = (("1", "DESTROYED", ALGORITHM), ("2", "ENABLED", ALGORITHM), ("10", "ENABLED", ALGORITHM),
            ("11", "ENABLED", "RSA_SIGN_PSS_2048_SHA256"), ("12", "DISABLED", ALGORITHM))  # fmt: skip


class Kms:
    """`tokens` are the bearer tokens that came; `spoil` makes it answer with another key's signature."""

    def __init__(self, versions: tuple[tuple[str, str, str], ...] = VERSIONS) -> None:
        self.versions = versions
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.tokens: list[str] = []
        self.spoil = False

    def pem(self) -> str:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def answer(self, path: str, body: Any) -> dict[str, Any] | None:
        path, _, query = path.removeprefix("/v1/").partition("?")
        if path == f"{KEY}/cryptoKeyVersions":
            first, rest = self.versions[:3], self.versions[3:]
            shown = rest if "pageToken=more" in query else first
            more = {"nextPageToken": "more"} if rest and shown is first else {}
            return {"cryptoKeyVersions": [_version(*each) for each in shown], **more}
        versions = {f"{KEY}/cryptoKeyVersions/{each[0]}": _version(*each) for each in self.versions}
        if path in versions:
            return versions[path]
        algorithms = {name: each["algorithm"] for name, each in versions.items()}
        if path.removesuffix("/publicKey") in algorithms:
            return {"pem": self.pem(), "algorithm": algorithms[path.removesuffix("/publicKey")]}
        if path.removesuffix(":asymmetricSign") in algorithms:
            key = ec.generate_private_key(ec.SECP256R1()) if self.spoil else self.key
            digest = base64.b64decode(body["digest"]["sha256"])
            signature = key.sign(digest, ec.ECDSA(Prehashed(SHA256())))
            return {"signature": base64.b64encode(signature).decode()}
        return None


def _version(number: str, state: str, algorithm: str) -> dict[str, Any]:
    return {
        "name": f"{KEY}/cryptoKeyVersions/{number}", "state": state, "algorithm": algorithm,
        "protectionLevel": "HSM", "createTime": "2026-01-01T00:00:00Z",
        "attestation": {"format": "CAVIUM_V2_COMPRESSED", "content": "eA=="},
    }  # fmt: skip


@contextmanager
def serving(kms: Kms) -> Iterator[str]:
    """The endpoint, while it lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _answer(self, body: Any) -> None:
            kms.tokens.append(self.headers.get("Authorization", ""))
            found = kms.answer(self.path, body)
            missing = {"error": {"code": 404, "message": "key is not there", "status": "NOT_FOUND"}}
            raw = json.dumps(missing if found is None else found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
