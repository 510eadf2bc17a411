"""Which FHIR interaction a request is, and which scopes it needs (https://hl7.org/fhir/R4/http.html).

The same parsing serves HTTP requests and the entries of a bundle, so that an
entry can never do what the request alone could not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from runtime.errors import Malformed, MethodNotAllowed, NoSuchResource
from runtime.fhir.definitions.table import search_codes
from runtime.resource_types import RESOURCE_TYPES
from runtime.scopes import Need

_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9.\-]{1,64}")
_EVERYTHING: tuple[Need, ...] = (("*", "r"), ("*", "s"))
_WORDS = frozenset(
    {
        *("_contained", "_containedType", "_content", "_count", "_elements", "_filter", "_format", "_has"),
        *("_include", "_list", "_outputFormat", "_page_token", "_pretty", "_query", "_revinclude", "_since"),
        *("_sort", "_summary", "_text", "_total", "_type", "above", "below", "contains", "exact", "in"),
        *("iterate", "missing", "not", "not-in", "of-type", "text"),
    }
)
"""Parameters that are no search parameters, and modifiers."""
WRITES = frozenset({"create", "update", "patch", "delete", "transaction", "batch"})


@dataclass(frozen=True)
class Interaction:
    """`name` as CapabilityStatement.rest.resource.interaction has it; `path` is what the store is asked."""

    name: str
    path: str
    type: str | None = None
    id: str | None = None
    version: str | None = None
    query: str = ""
    needs: tuple[Need, ...] = ()
    form: str = ""

    @property
    def writes(self) -> bool:
        return self.name in WRITES

    @property
    def changes(self) -> bool:
        """Whether it could change something: a bundle of reads does not."""
        if self.name in ("batch", "transaction"):
            return any(letter in "cud" for _, letter in self.needs)
        return self.writes

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the search parameters, for the record: never their values, nor what was put for a name."""
        pairs = query_pairs(self.query) + query_pairs(self.form)
        return tuple(sorted({name if _is_known(name) else "other" for name, _ in pairs}))


def _is_known(name: str) -> bool:
    """Made of FHIR's own words only: a value in the place of a name would be written down."""
    words = re.split("[.:]", name)
    return all(word in _WORDS or word in RESOURCE_TYPES or word in search_codes() for word in words)


def query_pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=500)
    except ValueError as error:
        raise Malformed("The query is not valid percent-encoded UTF-8 of at most 500 parameters.") from error


def parse(method: str, path: str, query: str = "") -> Interaction:
    """`path` is relative to the FHIR base, percent-decoded, without query."""
    parts = [part for part in path.strip("/").split("/")] if path.strip("/") else []
    if len(parts) > 4:
        raise _unknown()
    if not parts:
        return _system(method, query)
    if parts[0] in ("_history", "_search"):
        raise _unknown()
    kind = _type(parts[0])
    if len(parts) == 1:
        return _on_type(method, kind, query)
    if parts[1] == "_search" and len(parts) == 2:
        _allow(method, "POST")
        return Interaction(
            "search-type", f"/{kind}/_search", kind, query=query, needs=((kind, "s"), *search_needs(query))
        )
    if parts[1] == "_history" and len(parts) == 2:
        _allow(method, "GET")
        return Interaction("history-type", f"/{kind}/_history", kind, query=query, needs=((kind, "s"),))
    if parts[1].startswith("$"):
        raise NoSuchResource("This operation is not offered.")
    return _on_instance(method, kind, parts[1:], query)


def _system(method: str, query: str) -> Interaction:
    _allow(method, "GET", "POST")
    if method == "POST":
        return Interaction("transaction", "", query=query)
    return Interaction("search-system", "", query=query, needs=_EVERYTHING)


def _on_type(method: str, kind: str, query: str) -> Interaction:
    _allow(method, "GET", "POST", "PUT", "PATCH", "DELETE")
    if method == "GET":
        return Interaction(
            "search-type", f"/{kind}", kind, query=query, needs=((kind, "s"), *search_needs(query))
        )
    if method == "POST":
        return Interaction("create", f"/{kind}", kind, query=query, needs=((kind, "c"),))
    name = {"PUT": "update", "PATCH": "patch", "DELETE": "delete"}[method]
    if not query:
        raise Malformed(f"{method} on a type needs search parameters, or an id in the path.")
    needs: tuple[Need, ...] = ((kind, "d" if name == "delete" else "u"), (kind, "s"), *search_needs(query))
    return Interaction(name, f"/{kind}", kind, query=query, needs=needs)


def _on_instance(method: str, kind: str, parts: list[str], query: str) -> Interaction:
    identity = _identifier(parts[0])
    path = f"/{kind}/{identity}"
    if parts[1:] == ["$everything"]:
        _allow(method, "GET")
        return Interaction("operation", f"{path}/$everything", kind, identity, query=query, needs=_EVERYTHING)
    if parts[1:2] == ["_history"]:
        _allow(method, "GET")
        if len(parts) == 2:
            return Interaction(
                "history-instance", f"{path}/_history", kind, identity, query=query, needs=((kind, "r"),)
            )
        version = _identifier(parts[2])
        return Interaction(
            "vread", f"{path}/_history/{version}", kind, identity, version, query, ((kind, "r"),)
        )
    if len(parts) > 1:
        raise _unknown()
    _allow(method, "GET", "PUT", "PATCH", "DELETE")
    name, letter = {
        "GET": ("read", "r"),
        "PUT": ("update", "u"),
        "PATCH": ("patch", "u"),
        "DELETE": ("delete", "d"),
    }[method]
    return Interaction(name, path, kind, identity, query=query, needs=((kind, letter),))


def search_needs(query: str) -> tuple[Need, ...]:
    """Types that a search looks into beside its own: chains, `_has` and `_revinclude` would tell of them."""
    needs: list[Need] = []
    for name, value in query_pairs(query):
        if name.startswith("_has:"):
            needs += [(_type(part), "s") for part in name.split(":")[1::3]]
        elif name.split(":")[0] in ("_revinclude", "_include") and value:
            source = value.split(":")[0]
            needs.append(("*", "s") if source == "*" else (_type(source), "s"))
        elif "." in name:
            needs += [_chained(link) for link in name.split(".")[:-1]]
    return tuple(needs)


def _chained(link: str) -> Need:
    """`subject:Patient` and `patient` say their type; any other link could lead anywhere."""
    name, _, kind = link.partition(":")
    if kind:
        return (_type(kind), "s")
    return ("Patient", "s") if name == "patient" else ("*", "s")


def _type(name: str) -> str:
    if name not in RESOURCE_TYPES:
        raise NoSuchResource("The path names no resource type of FHIR R4.")
    return name


def _identifier(text: str) -> str:
    if not _ID.fullmatch(text):
        raise Malformed("An id or version is 1 to 64 letters, digits, hyphens or dots.")
    return text


def _allow(method: str, *allowed: str) -> None:
    if method not in allowed:
        raise MethodNotAllowed(method, allowed)


def _unknown() -> NoSuchResource:
    return NoSuchResource("The path is no FHIR path.")
