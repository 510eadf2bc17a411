"""Identifier values of configured systems, sealed on the way to the store and opened on the way back.

What the store holds: `value` is the blind index, so that `identifier=system|…`
still finds it, and an extension holds the ciphertext. Whatever has the shape of
an Identifier is sealed, wherever it stands (`Patient.identifier`, contained
resources, `Reference.identifier`).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from runtime.errors import Unavailable, Unprocessable
from runtime.fields.blind_index import BlindIndex
from runtime.fields.cipher import Cipher
from runtime.fields.query import rewrite_reference
from runtime.fields.spelling import Spellings
from runtime.jsontext import parse_exact, write_exact

EXTENSION = "urn:careplane:encrypted-identifier-value"
_CONDITIONAL = re.compile(r"[A-Za-z]+\?")
_HINTS = (EXTENSION.encode(), b"ifNoneExist")
_ESCAPES = rb'\\u|\\/|\?[^"\s]*(?:identifier|%)'


class Identifiers:
    """Seals and opens the bytes of resources and bundles; leaves others as they are, byte for byte."""

    def __init__(
        self, systems: tuple[str, ...], tenant: str, cipher: Cipher, index: Callable[[], BlindIndex]
    ) -> None:
        self.systems = frozenset(systems)
        self._spellings = Spellings(systems)
        self._tenant, self._cipher, self._index = tenant, cipher, index
        marks = [*(system.encode() for system in systems), *_HINTS]
        self._marks = re.compile(b"|".join([*map(re.escape, marks), *self._spellings.hints(), _ESCAPES]))

    def may_concern(self, body: bytes) -> bool:
        """Cheap and never wrong in the dangerous direction: escapes could hide a system, so they count."""
        return self._marks.search(body) is not None

    def seal(self, body: bytes) -> bytes:
        if not self.may_concern(body):
            return body
        document = parse_exact(body)
        changed = False
        for holder in list(_objects(document)):
            changed |= self._seal_object(holder)
        return write_exact(document) if changed else body

    def open(self, body: bytes) -> bytes:
        if EXTENSION.encode() not in body:
            return body
        document = parse_exact(body)
        for holder in _objects(document):
            if isinstance(holder.get("extension"), list) and "system" in holder:
                self._open_object(holder)
        return write_exact(document)

    def _seal_object(self, holder: dict[str, Any]) -> bool:
        if holder.get("url") == EXTENSION:
            raise Unprocessable(f"The extension {EXTENSION} is reserved.")
        changed = self._rewrite_queries(holder)
        system, value = holder.get("system"), holder.get("value")
        self._refuse_misspelled(holder, system)
        if isinstance(system, str) and system in self.systems:
            _refuse_other_values(system, holder)
        if isinstance(system, str) and system in self.systems and isinstance(value, str):
            index = self._index().of(system, value)
            sealed = self._cipher.seal(value.encode(), self._context(system, index))
            mark = {"url": EXTENSION, "valueBase64Binary": base64.b64encode(sealed).decode()}
            holder["value"] = index
            holder["extension"] = [*_list(holder.get("extension")), mark]
            return True
        return changed

    def _refuse_misspelled(self, holder: dict[str, Any], system: object) -> None:
        """What would be stored in clear though it is meant to be sealed."""
        meant = self._spellings.meant(system) if isinstance(system, str) else None
        if meant is None and "value" in holder and system not in self.systems:
            meant = self._spellings.typed(holder)
        if meant is not None:
            raise Unprocessable(
                f"Identifier.system must be written exactly as {meant}, so that it is encrypted."
            )

    def _rewrite_queries(self, holder: dict[str, Any]) -> bool:
        changed = False
        for key in ("reference", "url", "ifNoneExist"):
            text = holder.get(key)
            if isinstance(text, str) and _is_query(key, text, holder):
                holder[key] = rewrite_reference(text, self.systems, self._index)
                changed |= holder[key] != text
            elif isinstance(text, str) and "?" in text and any(s in unquote(text) for s in self.systems):
                raise Unprocessable(
                    f"{key}: a search by an encrypted identifier is written Type?identifier=…."
                )
        return changed

    def _open_object(self, holder: dict[str, Any]) -> None:
        marks = [e for e in holder["extension"] if isinstance(e, dict) and e.get("url") == EXTENSION]
        for mark in marks:
            try:
                sealed = base64.b64decode(str(mark.get("valueBase64Binary")), validate=True)
            except binascii.Error as error:
                raise Unavailable("A stored ciphertext is damaged.", status=500) from error
            context = self._context(str(holder["system"]), str(holder.get("value")))
            holder["value"] = self._cipher.open(sealed, context).decode()
        if marks:
            rest = [e for e in holder["extension"] if e not in marks]
            holder.pop("extension") if not rest else holder.update(extension=rest)

    def _context(self, system: str, index: str) -> bytes:
        """A resource has no id yet when it is created; the blind index is known, and pins the value."""
        return "\x00".join(("identifier", self._tenant, system, index)).encode()


def _refuse_other_values(system: str, holder: dict[str, Any]) -> None:
    """Only a string is sealed. Beside it, or in its place, there may be a code that says why it is absent."""
    beside = holder.get("_value")
    codes = beside.get("extension") if isinstance(beside, dict) and beside.keys() == {"extension"} else None
    only_codes = isinstance(codes, list) and all(
        isinstance(each, dict) and each.keys() <= {"url", "valueCode"} for each in codes
    )
    if not isinstance(holder.get("value", ""), str) or not (beside is None or only_codes):
        raise Unprocessable(f"Identifier.value of {system} must be a string, with no extension but codes.")


def _is_query(key: str, text: str, holder: dict[str, Any]) -> bool:
    """Only what the store would search by: a `url` is one in Bundle.entry.request, not in an Attachment."""
    if key == "ifNoneExist":
        return True
    return bool(_CONDITIONAL.match(text)) if key == "reference" else "method" in holder and "?" in text


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
