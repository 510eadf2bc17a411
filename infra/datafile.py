"""Data files of `stacks/`: YAML, checked against the JSON Schema beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from jsonschema import ValidationError

from infra.errors import ConfigError


def read(path: Path, schema: Path) -> dict[str, Any]:
    """The file's content, or a ConfigError that names the file and the key."""
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ConfigError(path.name, str(error).splitlines()[0], "YAML") from error
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text()))
    found = sorted(validator.iter_errors(content), key=lambda each: (list(map(str, each.path)), each.message))
    if found:
        raise _problem(path.name, found[0])
    checked: dict[str, Any] = content
    return checked


def _problem(file: str, error: ValidationError) -> ConfigError:
    """JSON Schema's finding in the words of a ConfigError."""
    where = ".".join(map(str, error.absolute_path))
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    instance: Any = error.instance
    known: dict[str, Any] = schema.get("properties", {})
    if error.validator == "additionalProperties":
        name = min(set(instance) - set(known))
        return ConfigError(_key(file, where, name), instance[name], known)
    if error.validator == "required":
        name = next(each for each in schema["required"] if each not in instance)
        return ConfigError(_key(file, where, name), None, _allowed(known.get(name, {})))
    return ConfigError(_key(file, where), instance, _allowed(schema))


def _key(file: str, *parts: str) -> str:
    return f"{file}: " + ".".join(part for part in parts if part)


def _allowed(schema: Any) -> str | list[str]:
    """What a schema lets through, for people."""
    if "enum" in schema:
        return [str(value) for value in schema["enum"] if value is not None]
    words = [
        f"{name} {schema[name]}"
        for name in ("type", "pattern", "minimum", "maximum", "minItems")
        if name in schema
    ]
    return ", ".join(words) or "what the schema says"
