"""The RADIUS server against packets made as RFC 2865 says."""

from __future__ import annotations

import hashlib
import socket
import struct

from hypothesis import given
from hypothesis import strategies as st

from localcloud.sql.radius import Login, RadiusServer, answer

SECRET = b"shared"
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


def hide(password: bytes, authenticator: bytes) -> bytes:
    padded = password + bytes(-len(password) % 16)
    out, before = b"", authenticator
    for at in range(0, len(padded), 16):
        mask = hashlib.md5(SECRET + before).digest()
        before = bytes(a ^ b for a, b in zip(padded[at : at + 16], mask, strict=True))
        out += before
    return out


def packet(login: Login, secret_of: bytes = b"a" * 16) -> bytes:
    fields = {
        1: login.user.encode(),
        2: hide(login.password.encode(), secret_of),
        32: login.instance.encode(),
    }
    body = b"".join(bytes([kind, len(value) + 2]) + value for kind, value in fields.items())
    return struct.pack("!BBH16s", 1, 7, 20 + len(body), secret_of) + body


@given(TEXT, TEXT, st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=100))
def test_what_is_asked_is_what_was_sent(instance: str, user: str, password: str) -> None:
    login, seen = Login(instance, user, password), []
    reply = answer(packet(login), SECRET, lambda asked: bool(seen.append(asked)) or True)
    assert seen == [login] and reply is not None
    code, identifier, length = struct.unpack_from("!BBH", reply)
    assert (code, identifier, length) == (2, 7, len(reply))
    signed = reply[:4] + b"a" * 16 + reply[20:] + SECRET
    assert reply[4:20] == hashlib.md5(signed).digest()


def test_a_refusal_is_a_reject() -> None:
    reply = answer(packet(Login("i", "u", "p")), SECRET, lambda _: False)
    assert reply is not None and reply[0] == 3


@given(st.binary(max_size=64))
def test_noise_is_never_accepted(data: bytes) -> None:
    reply = answer(data, SECRET, lambda _: False)
    assert reply is None or reply[0] == 3


def test_the_server_answers_on_its_port_until_it_is_closed() -> None:
    server = RadiusServer(lambda login: False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(packet(Login("i", "u", "p")), ("127.0.0.1", server.port))
        assert client.recv(4096)[0] == 3
    server.close()
