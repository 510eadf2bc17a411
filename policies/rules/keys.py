"""Names of Cloud KMS keys: which strings are one, where the key lies, and what data may lie under it."""

from __future__ import annotations

from typing import Any, Final

from policies.resource import Resource, UnknownValue
from policies.rules.once import once_per_stack
from policies.rules.read import plain
from policies.stack import Stack

CRYPTO_KEY: Final = "gcp:kms/cryptoKey:CryptoKey"
KEY_RING: Final = "gcp:kms/keyRing:KeyRing"

EXAMPLE: Final = "projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k"
"""For the smallest inputs of the rules."""

_AROUND: Final = {"europe": "europe-", "us": "us-", "asia": "asia-"}
# Cloud KMS's `europe` lies in the European Union: https://cloud.google.com/kms/docs/locations
_OUTSIDE: Final = frozenset({"europe-west2", "europe-west6"})


def location(name: str) -> str | None:
    """`europe-west3` of `projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k`, None of others."""
    start = name.find("projects/")
    parts = name[start:].split("/") if start >= 0 else []
    if len(parts) < 8 or (parts[2], parts[4], parts[6]) != ("locations", "keyRings", "cryptoKeys"):
        return None
    return parts[3].lower() if all(parts[:8]) else None


def is_key(value: Any, path: str) -> bool:
    return location(plain(value, path)) is not None


def require_present(name: str, path: str, stack: Stack) -> None:
    """Raises where the stack holds the key's ring but not the key: it may have been destroyed."""
    rings, held = _held(stack)
    ring, _, rest = name[name.find("projects/") :].partition("/cryptoKeys/")
    key = f"{ring}/cryptoKeys/{rest.split('/', 1)[0]}"
    if ring in rings and key not in held:
        raise UnknownValue(path, f"the key {key} is not in this stack though its ring is")


@once_per_stack
def _held(stack: Stack) -> tuple[frozenset[str], frozenset[str]]:
    """The full names of a stack's key rings and keys, by id, or by what a key was made of."""
    rings = {ring.id or _stated(ring, "id") for ring in stack.of(KEY_RING)} - {""}
    made = {
        name
        for key in stack.of(CRYPTO_KEY)
        for name in (key.id, f"{_stated(key, 'keyRing')}/cryptoKeys/{_stated(key, 'name')}")
    }
    return frozenset(rings), frozenset(made)


def _stated(resource: Resource, key: str) -> str:
    value = resource.properties.raw.get(key)
    return value if isinstance(value, str) else ""


def covers(key: str, place: str) -> bool:
    """Whether a key at one location is for data at another: the same one, or a multi-region around it."""
    key, place = _named(key), _named(place)
    if key == "global":
        return False
    return key == place or (key in _AROUND and place.startswith(_AROUND[key]) and place not in _OUTSIDE)


def _named(place: str) -> str:
    """In Cloud KMS's words: what Storage and BigQuery call EU is `europe` there."""
    name = place.lower()
    return "europe" if name == "eu" else name


def key_location(resource: Resource, path: str, stack: Stack) -> str | None:
    """Where the key lies that a property names, "" where it names none, None where it is no key's name.

    While the name is not known: the location of the ring of the key that the property was made from.
    """
    try:
        name = plain(resource.at(path), path)
    except UnknownValue:
        key = stack.referred(resource, path, CRYPTO_KEY)
        ring = stack.referred(key, "keyRing", KEY_RING) if key else None
        if ring is None:
            raise
        return plain(ring.at("location"), "location") or None
    return location(name) if name else ""
