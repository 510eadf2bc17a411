"""No secret and no patient data leaves in a pack: what is searched for in every file before it is signed."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from evidence.errors import EvidenceError
from evidence.redaction import refuse_canaries
from policies import jsonfile
from policies.errors import PolicyError

_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
_SHORTEST = 6
"""Shorter secrets would be found by chance."""

_SEALED = re.compile(rb"v1:[A-Za-z0-9+/=:]+")
"""The engine's ciphertexts: there may be thousands, so they are looked up, not searched for."""

_SHAPES = {
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access token of Google's": re.compile(rb"\bya29\.[A-Za-z0-9_-]{20,}"),
    "an API key of Google's": re.compile(rb"\bAIza[A-Za-z0-9_-]{35}\b"),
    "a signed token": re.compile(rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
}


def of_state(raw: bytes) -> set[str]:
    """The secret values of an exported state: ciphertext, and plaintext where it was shown."""
    return {text for text in _secrets(jsonfile.parse(raw, "state")) if len(text) >= _SHORTEST}


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _secrets(item)
    elif isinstance(value, dict) and value.get(_SIGNATURE) == _SECRET:
        yield str(value.get("ciphertext") or "")
        yield from _plain(value.get("plaintext"))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _secrets(item)


def _plain(text: Any) -> Iterator[str]:
    """A plaintext is JSON: the strings in it."""
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        found = text
    for item in found if isinstance(found, list) else found.values() if isinstance(found, dict) else [found]:
        if isinstance(item, (list, dict)):
            yield from _plain(item)
        elif isinstance(item, str):
            yield item


def refuse(pack: Path, secrets: Collection[str], canaries: Iterable[str]) -> None:
    """Raise `PolicyError`, which names the file and never the value."""
    try:
        refuse_canaries(pack, canaries)
    except EvidenceError as error:
        raise PolicyError(
            f"evidence: {error.file}: holds a canary: patient data; nothing was kept"
        ) from error
    sealed = {secret.encode() for secret in secrets if _SEALED.fullmatch(secret.encode())}
    shown = (secret for secret in secrets if secret.encode() not in sealed)
    plain = [form.encode() for secret in shown for form in {secret, json.dumps(secret)[1:-1]}]
    for file in sorted(path for path in pack.rglob("*") if path.is_file()):
        content, name = file.read_bytes(), file.relative_to(pack)
        if not sealed.isdisjoint(_SEALED.findall(content)) or any(secret in content for secret in plain):
            raise PolicyError(f"evidence: {name}: holds a secret of the state; nothing was kept")
        for what, shape in _SHAPES.items():
            if shape.search(content):
                raise PolicyError(f"evidence: {name}: holds what looks like {what}; nothing was kept")
