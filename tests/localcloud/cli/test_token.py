"""`token`: the client's key and the exchange with a tenant's token endpoint."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from localcloud.cli import token
from localcloud.cli.client_key import ALGORITHM, ClientKey


class Endpoint:
    """A token endpoint that keeps what it was asked and answers as told."""

    def __init__(self) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.status, self.answer = 200, {"access_token": "abc", "token_type": "bearer", "expires_in": 300}
        self.url = ""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(made.status)
            self.end_headers()
            self.wfile.write(json.dumps(made.answer).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/auth/token"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "riverside" / "key.pem"
    made = ClientKey.load_or_make(path)
    assert ClientKey.load_or_make(path).thumbprint() == made.thumbprint()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_registered_holds_no_private_half(tmp_path: Path) -> None:
    (public,) = ClientKey.load_or_make(tmp_path / "key.pem").jwks()["keys"]
    assert "d" not in public
    assert (public["kty"], public["crv"], public["alg"]) == ("EC", "P-384", ALGORITHM)


def test_the_assertion_is_for_one_endpoint_and_verifies(endpoint: Endpoint, tmp_path: Path) -> None:
    key = ClientKey.load_or_make(tmp_path / "key.pem")
    assert token.exchange(endpoint.url, key, "system/*.rs")["access_token"] == "abc"
    (form,) = endpoint.asked
    assert form["grant_type"] == ["client_credentials"] and form["scope"] == ["system/*.rs"]
    public = ECKey.import_key(key.jwks()["keys"][0])
    claims = jwt.decode(form["client_assertion"][0], public, algorithms=[ALGORITHM]).claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("local-cli", "local-cli", endpoint.url)
    assert 0 < claims["exp"] - claims["iat"] <= 300


def test_of_a_rehearsed_place_the_service_is_asked_and_the_assertion_is_for_its_name(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    name = "https://riverside.example.org/auth/token"
    outputs = {"tokenUrl": name, "serviceUrl": endpoint.url.removesuffix("/auth/token")}
    key = ClientKey.load_or_make(tmp_path / "key.pem")
    assert token.exchange(name, key, "system/*.rs", token.address(outputs))["access_token"] == "abc"
    public = ECKey.import_key(key.jwks()["keys"][0])
    (form,) = endpoint.asked
    assert jwt.decode(form["client_assertion"][0], public, algorithms=[ALGORITHM]).claims["aud"] == name
    assert token.address({"tokenUrl": name}) == name


def test_a_refusal_is_one_sentence(endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.status, endpoint.answer = 401, {"error": "invalid_client"}
    with pytest.raises(token.NoToken, match=r"gave no token: 401 .*invalid_client"):
        token.exchange(endpoint.url, ClientKey.load_or_make(tmp_path / "key.pem"), "system/*.rs")
