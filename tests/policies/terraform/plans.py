"""Terraform plans made of Pulumi states: the same resources, as the other tools read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from policies.resource import UNKNOWN_STRING, Properties
from policies.terraform.names import camel, table

_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_OURS = ("id", "urn", "pulumiLabels", "effectiveLabels")


def snake(name: str) -> str:
    return _CAPITAL.sub(lambda found: f"_{found[1].lower()}", name)


def terraform_type(token: str) -> str | None:
    return next((type for type, about in table().items() if about["token"] == token), None)


def plan(resources: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The plan JSON of resources as an exported state lists them; types unknown to Terraform are left out."""
    planned = [made for each in resources if each.get("custom") if (made := _resource(each))]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": [
            {
                **{key: each[key] for key in ("address", "mode", "type", "name", "provider_name")},
                "change": {
                    "actions": ["create"],
                    "before": None,
                    "after": each["values"],
                    "after_unknown": {},
                },
            }
            for each in planned
        ],
        "configuration": {"root_module": {}},
    }


def _resource(given: Mapping[str, Any]) -> dict[str, Any] | None:
    type = terraform_type(given["type"])
    if type is None:
        return None
    merged = {**(given.get("inputs") or {}), **(given.get("outputs") or {})}
    values = _values({k: v for k, v in merged.items() if k not in _OURS}, table()[type].get("fields", {}))
    name = re.sub(r"[^A-Za-z0-9_-]", "_", given["urn"].rsplit("::", 1)[-1])
    return {
        "address": f"{type}.{name}",
        "mode": "managed",
        "type": type,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/google",
        "schema_version": 0,
        "values": {**values, "id": merged.get("id")},
        "sensitive_values": {},
    }


def _values(given: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    called = {about.get("name", camel(name)): (name, about) for name, about in fields.items()}
    return dict(_value(key, value, *called.get(key, (snake(key), {}))) for key, value in given.items())


def _value(key: str, value: Any, name: str, about: Mapping[str, Any]) -> tuple[str, Any]:
    inner = about.get("fields", {})
    if isinstance(value, Mapping) and Properties.is_secret(value):
        return name, "secret"
    if about.get("one"):
        return name, [] if value is None else [_item(value, inner)]
    if isinstance(value, list):
        return name, [_item(item, inner) for item in value]
    return name, None if value == UNKNOWN_STRING else value


def _item(value: Any, fields: Mapping[str, Any]) -> Any:
    return _values(value, fields) if isinstance(value, Mapping) else value
