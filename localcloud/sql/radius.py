"""A RADIUS server on loopback (RFC 2865): PostgreSQL asks it whether a password is a good access token.

PostgreSQL has no other built-in way to have a password judged elsewhere without PAM or LDAP libraries.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

_REQUEST, _ACCEPT, _REJECT = 1, 2, 3
_USER_NAME, _USER_PASSWORD, _NAS_IDENTIFIER, _MESSAGE_AUTHENTICATOR = 1, 2, 32, 80
_HEADER = struct.Struct("!BBH16s")


@dataclass(frozen=True)
class Login:
    """Who wants in where: `instance` is what the server calls itself."""

    instance: str
    user: str
    password: str


def _attributes(data: bytes) -> dict[int, bytes]:
    found = {}
    while len(data) >= 2 and 2 <= data[1] <= len(data):
        found[data[0]] = data[2 : data[1]]
        data = data[data[1] :]
    return found


def _password(hidden: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """Undo RFC 2865 section 5.2: each block is XORed with a digest of the secret and the block before."""
    clear, before = b"", authenticator
    for at in range(0, len(hidden), 16):
        block = hidden[at : at + 16]
        mask = hashlib.md5(secret + before, usedforsecurity=False).digest()
        clear += bytes(a ^ b for a, b in zip(block, mask, strict=False))
        before = block
    return clear.rstrip(b"\0")


def _reply(code: int, request: bytes, authenticator: bytes, secret: bytes) -> bytes:
    identifier = request[1]
    marker = bytes([_MESSAGE_AUTHENTICATOR, 18])
    length = _HEADER.size + 18
    unsigned = _HEADER.pack(code, identifier, length, authenticator) + marker + bytes(16)
    attributes = marker + hmac.new(secret, unsigned, hashlib.md5).digest()
    head = struct.pack("!BBH", code, identifier, length)
    signature = hashlib.md5(head + authenticator + attributes + secret, usedforsecurity=False).digest()
    return head + signature + attributes


def answer(request: bytes, secret: bytes, allowed: Callable[[Login], bool]) -> bytes | None:
    """The reply to one datagram; None for what is no access request."""
    if len(request) < _HEADER.size:
        return None
    code, _, length, authenticator = _HEADER.unpack_from(request)
    if code != _REQUEST or not _HEADER.size <= length <= len(request):
        return None
    found = _attributes(request[_HEADER.size : length])
    login = Login(
        found.get(_NAS_IDENTIFIER, b"").decode(errors="replace"),
        found.get(_USER_NAME, b"").decode(errors="replace"),
        _password(found.get(_USER_PASSWORD, b""), secret, authenticator).decode(errors="replace"),
    )
    return _reply(_ACCEPT if allowed(login) else _REJECT, request, authenticator, secret)


class RadiusServer:
    """Answers on a UDP port that the system chooses, until `close`."""

    def __init__(self, allowed: Callable[[Login], bool]) -> None:
        self.secret = secrets.token_hex(16)
        self._allowed = allowed
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, name="radius", daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                request, client = self._socket.recvfrom(4096)
            except OSError:
                return
            if not request:
                return
            reply = answer(request, self.secret.encode(), self._allowed)
            if reply is not None:
                self._socket.sendto(reply, client)

    def close(self) -> None:
        # An empty datagram wakes the thread; closing alone leaves it in recvfrom on Linux.
        self._socket.sendto(b"", ("127.0.0.1", self.port))
        self._socket.close()
