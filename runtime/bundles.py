"""Transactions and batches: what each entry is and needs (https://hl7.org/fhir/R4/http.html#transaction)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from runtime.errors import Malformed, OutOfScope, Unprocessable
from runtime.interaction import Interaction, parse, query_pairs
from runtime.scopes import Need, Scopes

_CONDITIONAL = re.compile(r"([A-Za-z]+)\?")
MAX_ENTRIES = 4500
"""Google's limit for one bundle."""


def bundle_interaction(bundle: dict[str, Any], fhir_url: str) -> tuple[Interaction, tuple[Interaction, ...]]:
    """The bundle as one interaction that needs all that its entries need, and the entries."""
    if bundle.get("resourceType") != "Bundle":
        raise Unprocessable("Only a Bundle can be posted here: resourceType must be Bundle.")
    if bundle.get("type") not in ("transaction", "batch"):
        raise Unprocessable("Bundle.type must be transaction or batch.")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise Unprocessable(f"Bundle.entry must be an array of at most {MAX_ENTRIES} entries.")
    parts = tuple(_entry(position, entry, fhir_url) for position, entry in enumerate(entries))
    needs: dict[Need, None] = dict.fromkeys(need for part in parts for need in part.needs)
    if bundle["type"] == "transaction":
        needs |= dict.fromkeys(reference_needs(entries))
    return Interaction(str(bundle["type"]), "", needs=tuple(needs)), parts


def _entry(position: int, entry: Any, fhir_url: str) -> Interaction:
    where = f"Bundle.entry[{position}]"
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        raise Unprocessable(f"{where}.request needs a method and a url.")
    url: str = request["url"].removeprefix(fhir_url + "/").lstrip("/")
    path, _, query = url.partition("?")
    if not path or ":" in path:
        raise Unprocessable(f"{where}.request.url must be relative to this FHIR base.")
    part = parse(str(request.get("method")), unquote(path), query)
    resource = entry.get("resource")
    if part.name in ("create", "update"):
        require_type(resource, part, where + ".resource")
    needs = part.needs
    if "ifNoneExist" in request:
        needs = (*needs, *conditional_needs(part, str(request["ifNoneExist"])))
    return Interaction(part.name, part.path, part.type, part.id, part.version, part.query, needs)


def reference_needs(entries: list[Any]) -> Iterator[Need]:
    """A conditional reference (`Patient?identifier=…`) tells whether something exists, and its id."""
    stack: list[Any] = [entry.get("resource") for entry in entries]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
            text = item.get("reference")
            if isinstance(text, str) and (found := _CONDITIONAL.match(text)):
                yield from parse("GET", found[1], text.partition("?")[2]).needs


def conditional_needs(part: Interaction, condition: str) -> tuple[Need, ...]:
    """If-None-Exist tells whether something exists: that is a search."""
    condition = condition.rpartition("?")[2]
    return parse("GET", f"{part.type}", condition).needs if query_pairs(condition) else ()


def require_type(resource: Any, part: Interaction, where: str) -> None:
    given = resource.get("resourceType") if isinstance(resource, dict) else None
    if given != part.type:
        raise Malformed(f"{where}.resourceType must be {part.type}, as in the address.")
    if part.name == "update" and part.id is not None and resource.get("id") not in (None, part.id):
        raise Malformed(f"{where}.id must be the id in the address.")


def require_visible(answer: Any, scopes: Scopes) -> None:
    """Nothing that the scopes do not cover may leave, however it came into the answer (`_include`, …)."""
    if scopes.sees_everything() or not isinstance(answer, dict) or answer.get("resourceType") != "Bundle":
        return
    letters = "rs" if answer.get("type") in ("searchset", "history") else "rscu"
    for entry in answer.get("entry", []):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            continue
        kind = str(resource.get("resourceType"))
        if kind == "Bundle" and answer.get("type") in ("batch-response", "transaction-response"):
            require_visible(resource, scopes)
        elif kind != "OperationOutcome" and not any(scopes.allows((kind, letter)) for letter in letters):
            raise OutOfScope(f"system/{kind}.rs")


def references(answer: Any) -> tuple[str, ...]:
    """Type and id of every resource in an answer: what an audit record may say of it."""
    if not isinstance(answer, dict):
        return ()
    if answer.get("resourceType") != "Bundle":
        return _reference(answer)
    found: dict[str, None] = {}
    for entry in answer.get("entry", []):
        if isinstance(entry, dict):
            found.update(dict.fromkeys(references(entry.get("resource")) or _location(entry)))
    return tuple(found)


def _reference(resource: dict[str, Any]) -> tuple[str, ...]:
    kind, identity = resource.get("resourceType"), resource.get("id")
    return (f"{kind}/{identity}",) if identity and kind != "OperationOutcome" else ()


def _location(entry: dict[str, Any]) -> tuple[str, ...]:
    """A transaction's response names what it wrote by `…/Type/id/_history/version`."""
    location = str((entry.get("response") or {}).get("location") or "")
    parts = location.split("/_history/")[0].split("/")[-2:]
    return ("/".join(parts),) if len(parts) == 2 else ()
