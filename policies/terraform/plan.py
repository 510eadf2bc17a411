"""Resources of a Terraform plan (`terraform show -json PLAN`), as the rules read them.

Format: https://developer.hashicorp.com/terraform/internals/json-format. What a plan cannot say is unknown,
never passed: values known after apply, and whether `prevent_destroy` is set.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from policies.errors import StateError
from policies.resource import SECRET, UNKNOWN, Properties, Resource
from policies.stack import ROOT
from policies.state import State, content
from policies.terraform import names


def parse(raw: bytes, source: str) -> State:
    """Read a plan as one stack named by its file; raises `StateError` where it is none."""
    try:
        plan = json.loads(raw)
        version = plan["format_version"]
        if str(version).split(".")[0] != "1":
            raise StateError(source, f"has format version {version!r}; 1 can be judged")
        return _state(plan, source, hashlib.sha256(raw).hexdigest())
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise StateError(
            source, f"is not the output of `terraform show -json` of a plan ({error!r})"
        ) from error


def _state(plan: Mapping[str, Any], source: str, sha256: str) -> State:
    changes = {
        _text(each["address"]): each.get("change") or {}
        for each in plan.get("resource_changes") or ()
        if not each.get("deposed")
    }
    planned = list(_planned(plan["planned_values"].get("root_module") or {}))
    name = Path(source).stem
    urns = {_text(each["address"]): _urn(name, each) for each in planned}
    if len(urns) < len(planned):
        twice, _ = Counter(each["address"] for each in planned).most_common(1)[0]
        raise StateError(source, f"names {twice} twice")
    by_bare: dict[str, list[str]] = {}
    for address, urn in urns.items():
        by_bare.setdefault(_bare(address), []).append(urn)
    expressions = dict(_expressions((plan.get("configuration") or {}).get("root_module") or {}, ""))
    named = {address: _references(address, each, by_bare) for address, each in expressions.items()}
    resources = [_resource(each, changes.get(each["address"], {}), named, urns) for each in planned]
    stack = Resource(ROOT, f"urn:pulumi:{name}::terraform::{ROOT}::{name}", name, Properties({}))
    return State(name, (stack, *resources), stack.properties, sha256)


def read_file(path: Path) -> State:
    return parse(content(path), str(path))


def _planned(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for each in module.get("resources") or ():
        if each.get("mode", "managed") == "managed":
            yield each
    for child in module.get("child_modules") or ():
        yield from _planned(child)


def _token(type: str) -> str:
    """Pulumi's token, or the Terraform type as it is: such a resource is listed as unjudged."""
    return names.token(type) or f"terraform:{type}"


def _urn(stack: str, given: Mapping[str, Any]) -> str:
    return f"urn:pulumi:{stack}::terraform::{_token(given['type'])}::{given['address']}"


def _resource(
    given: Mapping[str, Any],
    change: Mapping[str, Any],
    named: Mapping[str, Mapping[str, tuple[str, ...]]],
    urns: Mapping[str, str],
) -> Resource:
    values, unknown, hidden = (
        _mapping(each)
        for each in (given.get("values"), change.get("after_unknown"), given.get("sensitive_values"))
    )
    known = _marked(values, unknown, hidden)
    type, address = given["type"], given["address"]
    properties = names.translated(type, known) if names.token(type) else known
    references = named.get(_bare(address), {})
    identity = properties.get("id")
    identity = identity if isinstance(identity, str) else ""
    return Resource(_token(type), urns[address], address, Properties(properties), None, references, identity)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} where a name is expected")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, Mapping):
        raise TypeError(f"{value!r:.40} where a mapping is expected")
    return value or {}


def _marked(value: Any, unknown: Any, sensitive: Any) -> Any:
    """The value with what is known only after apply, and what is sensitive, marked."""
    if unknown is True:
        return UNKNOWN
    if sensitive is True:
        return SECRET
    if isinstance(value, Mapping):
        unknowns = unknown if isinstance(unknown, Mapping) else {}
        hidden = sensitive if isinstance(sensitive, Mapping) else {}
        keys = [*value, *(key for key in unknowns if key not in value and _any(unknowns[key]))]
        return {key: _marked(value.get(key), unknowns.get(key), hidden.get(key)) for key in keys}
    if isinstance(value, list):
        marked = [
            _marked(item, _at(unknown, index), _at(sensitive, index)) for index, item in enumerate(value)
        ]
        more = unknown[len(value) :] if isinstance(unknown, list) else []
        return [*marked, *(UNKNOWN for mark in more if _any(mark))]
    return UNKNOWN if value is None and _any(unknown) else value


def _any(marks: Any) -> bool:
    """Whether anything at all is marked: an unknown part of what is absent makes it unknown."""
    if isinstance(marks, Mapping):
        return any(map(_any, marks.values()))
    return any(map(_any, marks)) if isinstance(marks, list) else marks is True


def _at(marks: Any, index: int) -> Any:
    return marks[index] if isinstance(marks, list) and index < len(marks) else None


def _bare(address: str) -> str:
    """The address without the keys of `count` and `for_each`: configuration knows a resource once."""
    while "[" in address:
        start = address.index("[")
        end = address.find("]", start)
        address = address[:start] + address[end + 1 :] if end >= 0 else address[:start]
    return address


def _expressions(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for each in module.get("resources") or ():
        yield f"{prefix}{each['address']}", each.get("expressions") or {}
    for name, call in (module.get("module_calls") or {}).items():
        yield from _expressions(call.get("module") or {}, f"{prefix}module.{name}.")


def _references(
    address: str, expressions: Mapping[str, Any], by_bare: Mapping[str, list[str]]
) -> dict[str, tuple[str, ...]]:
    """By property, the planned resources of the same module that its expression names."""
    module = address[: address.rindex("module.") + len("module.")] if "module." in address else ""
    prefix = module + address[len(module) :].split(".", 1)[0] + "." if module else ""
    found: dict[str, tuple[str, ...]] = {}
    for name, expression in expressions.items():
        named = [urn for each in _named(expression) for urn in by_bare.get(prefix + each, ())]
        if named:
            found[names.camel(name)] = tuple(dict.fromkeys(named))
    return found


def _named(expression: Any) -> Iterator[str]:
    if isinstance(expression, Mapping):
        for reference in expression.get("references") or ():
            if not isinstance(reference, str):
                raise TypeError("references: not a list of strings")
            yield reference
        for name, inner in expression.items():
            if name != "references":
                yield from _named(inner)
    elif isinstance(expression, list):
        for item in expression:
            yield from _named(item)
