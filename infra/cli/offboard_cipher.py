"""A stream encrypted to a recipient's public key: AES-256-GCM in chunks under a data key of its own.

The file begins with one line of JSON, the header: format, wrapping, the wrapped data key, a nonce prefix.
Chunks follow: 1 MiB of plain text at most, each with its 16-byte tag. A chunk's nonce is the prefix
(7 bytes), its number (4 bytes, big endian) and a byte that is 1 in the last chunk only, so that chunks can be
neither moved nor cut off (the STREAM construction, https://eprint.iacr.org/2015/189); its associated data is
the header line. The data key is wrapped with RSA-OAEP (SHA-256), or with AES-256-GCM under HKDF-SHA-256 of an
X25519 exchange with a key pair made for this one file.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from infra.cli.errors import CliError
from infra.errors import ConfigError

FORMAT = "careplane-export-1"
CHUNK = 1 << 20
_TAG = 16
_SHORTEST_RSA = 2048
_RECIPIENTS = f"the PEM of an X25519 key, or of an RSA key of {_SHORTEST_RSA} bits or more"
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
Recipient = rsa.RSAPublicKey | X25519PublicKey


class Unreadable(CliError):
    """An export that this key does not open, or that was changed."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")


def recipient(path: Path) -> Recipient:
    """The public key to encrypt to; anything else is refused."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError("--recipient-key", str(path), _RECIPIENTS) from error
    if isinstance(key, X25519PublicKey) or (
        isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SHORTEST_RSA
    ):
        return key
    raise ConfigError("--recipient-key", str(path), _RECIPIENTS)


def fingerprint(key: Recipient) -> str:
    """SHA-256 of the key, which tells one recipient from another."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _derived(shared: bytes, sender: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 32, sender, FORMAT.encode()).derive(shared))


def _wrap(key: bytes, to: Recipient) -> dict[str, str]:
    if isinstance(to, rsa.RSAPublicKey):
        return {"wrapping": "RSA-OAEP-SHA256", "key": _text(to.encrypt(key, _OAEP))}
    own = X25519PrivateKey.generate()
    sender = own.public_key().public_bytes_raw()
    # The derived key is used once, so a nonce of zeros repeats nothing.
    wrapped = _derived(own.exchange(to), sender).encrypt(bytes(12), key, None)
    return {"wrapping": "X25519-HKDF-SHA256-AES256GCM", "sender": _text(sender), "key": _text(wrapped)}


def _unwrap(header: dict[str, Any], key: object) -> bytes:
    wrapped = base64.b64decode(header["key"])
    if isinstance(key, rsa.RSAPrivateKey) and header["wrapping"] == "RSA-OAEP-SHA256":
        return key.decrypt(wrapped, _OAEP)
    if isinstance(key, X25519PrivateKey) and header["wrapping"] == "X25519-HKDF-SHA256-AES256GCM":
        sender = base64.b64decode(header["sender"])
        shared = key.exchange(X25519PublicKey.from_public_bytes(sender))
        return _derived(shared, sender).decrypt(bytes(12), wrapped, None)
    raise ValueError(f"the export is wrapped with {header['wrapping']}")


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class Sealed:
    """A writable stream; plain text never touches the disk. `data_key` lets what was written be read back."""

    def __init__(self, path: Path, to: Recipient) -> None:
        self.data_key = AESGCM.generate_key(256)
        prefix = os.urandom(7)
        header = {
            "format": FORMAT,
            "cipher": "AES-256-GCM",
            "nonce": _text(prefix),
            **_wrap(self.data_key, to),
        }
        self._line = json.dumps(header, sort_keys=True).encode() + b"\n"
        self._prefix, self._cipher = prefix, AESGCM(self.data_key)
        self._number, self._rest = 0, bytearray()
        self._file = path.open("wb")
        self._file.write(self._line)

    def write(self, data: bytes) -> int:
        self._rest += data
        # A full chunk may be the last: it is written when more has come.
        while len(self._rest) > CHUNK:
            self._chunk(bytes(self._rest[:CHUNK]), last=False)
            del self._rest[:CHUNK]
        return len(data)

    def _chunk(self, plain: bytes, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last)
        self._file.write(self._cipher.encrypt(nonce, plain, self._line))
        self._number += 1

    def __enter__(self) -> Sealed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if kind is None:
                self._chunk(bytes(self._rest), last=True)
                self._file.flush()
                os.fsync(self._file.fileno())


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])


class Opened:
    """A readable stream over a sealed file, by its data key; what was changed or cut off is Unreadable."""

    def __init__(self, path: Path, data_key: bytes) -> None:
        self._path, self._rest = path, b""
        self._chunks = _chunks(path, data_key)

    def read(self, size: int) -> bytes:
        found = bytearray(self._rest)
        try:
            while len(found) < size:
                found += next(self._chunks)
        except StopIteration:
            pass
        except (InvalidTag, ValueError, KeyError) as error:
            raise Unreadable(self._path, "was changed or cut off") from error
        self._rest = bytes(found[size:])
        return bytes(found[:size])


def _chunks(path: Path, data_key: bytes) -> Iterator[bytes]:
    cipher = AESGCM(data_key)
    with path.open("rb") as file:
        line = file.readline()
        prefix = base64.b64decode(_header(line)["nonce"])
        sealed, number = file.read(CHUNK + _TAG), 0
        while True:
            following = file.read(CHUNK + _TAG)
            yield cipher.decrypt(_nonce(prefix, number, last=not following), sealed, line)
            if not following:
                return
            sealed, number = following, number + 1


def _header(line: bytes) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(line)
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']!r} is not {FORMAT}")
    return header


def unlock(path: Path, key_file: Path) -> bytes:
    """The data key of an export, by the recipient's private key (a PEM without passphrase)."""
    try:
        key = load_pem_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError("--key", str(key_file), "the PEM of the recipient's private key") from error
    try:
        with path.open("rb") as file:
            return _unwrap(_header(_first_line(file)), key)
    except (OSError, ValueError, KeyError, InvalidTag) as error:
        raise Unreadable(path, f"this key does not open it ({error or type(error).__name__})") from error


def _first_line(file: IO[bytes]) -> bytes:
    return file.readline(1 << 16)
