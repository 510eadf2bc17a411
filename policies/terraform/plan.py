"""Resources of a Terraform plan (`terraform show -json PLAN`), as the rules read them.

Format: https://developer.hashicorp.com/terraform/internals/json-format. What a plan cannot say is unknown,
never passed: values known after apply, and whether `prevent_destroy` is set.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from policies.errors import StateError
from policies.resource import SECRET, UNKNOWN, Properties, Resource
from policies.stack import ROOT
from policies.state import State
from policies.terraform import names


def parse(raw: bytes, source: str) -> State:
    """Read a plan as one stack named by its file; raises `StateError` where it is none."""
    try:
        plan = json.loads(raw)
        version = plan["format_version"]
        root = plan["planned_values"].get("root_module") or {}
        changes = {each["address"]: each.get("change") or {} for each in plan.get("resource_changes") or ()}
        expressions = dict(_expressions((plan.get("configuration") or {}).get("root_module") or {}, ""))
        planned = list(_planned(root))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(
            source, f"is not the output of `terraform show -json` of a plan ({error!r})"
        ) from error
    if str(version).split(".")[0] != "1":
        raise StateError(source, f"has format version {version!r}; 1 can be judged")
    name = Path(source).stem
    urns = {each["address"]: _urn(name, each) for each in planned}
    by_bare: dict[str, list[str]] = {}
    for address, urn in urns.items():
        by_bare.setdefault(_bare(address), []).append(urn)
    named = {address: _references(address, each, by_bare) for address, each in expressions.items()}
    resources = [_resource(each, changes.get(each["address"], {}), named, urns) for each in planned]
    stack = Resource(ROOT, f"urn:pulumi:{name}::terraform::{ROOT}::{name}", name, Properties({}))
    return State(name, (stack, *resources), stack.properties, hashlib.sha256(raw).hexdigest())


def read_file(path: Path) -> State:
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise StateError(str(path), error.strerror or "cannot be read") from error


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
    known = _marked(given.get("values") or {}, change.get("after_unknown"), given.get("sensitive_values"))
    type, address = given["type"], given["address"]
    properties = names.translated(type, known) if names.token(type) else known
    references = named.get(_bare(address), {})
    identity = properties.get("id")
    identity = identity if isinstance(identity, str) else ""
    return Resource(_token(type), urns[address], address, Properties(properties), None, references, identity)


def _marked(value: Any, unknown: Any, sensitive: Any) -> Any:
    """The value with what is known only after apply, and what is sensitive, marked."""
    if unknown is True:
        return UNKNOWN
    if sensitive is True:
        return SECRET
    if isinstance(value, Mapping):
        unknowns = unknown if isinstance(unknown, Mapping) else {}
        hidden = sensitive if isinstance(sensitive, Mapping) else {}
        keys = [*value, *(key for key in unknowns if key not in value and unknowns[key])]
        return {key: _marked(value.get(key), unknowns.get(key), hidden.get(key)) for key in keys}
    if isinstance(value, list):
        return [_marked(item, _at(unknown, index), _at(sensitive, index)) for index, item in enumerate(value)]
    return value


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
        yield from expression.get("references") or ()
        for name, inner in expression.items():
            if name != "references":
                yield from _named(inner)
    elif isinstance(expression, list):
        for item in expression:
            yield from _named(item)
