"""Files of `stacks/`: YAML, read in one place; data files are checked against the JSON Schema beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from jsonschema import ValidationError
from yaml.composer import ComposerError

from infra.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """Without aliases: a few lines of them expand to more than any memory holds, and no file has one."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise ComposerError(None, None, f"the alias *{event.anchor}", event.start_mark)
        return super().compose_node(parent, index)


def load(path: Path) -> Any:
    """What a YAML file says, or a ConfigError that names the file."""
    try:
        return yaml.load(path.read_text(), _Loader)
    except ComposerError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path.name}, line {line}", error.problem, "YAML without aliases") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(path.name, str(error).splitlines()[0], "YAML in UTF-8") from error
    except RecursionError as error:
        raise ConfigError(path.name, "its nesting", "YAML of a few levels") from error


def read(path: Path, schema: Path) -> dict[str, Any]:
    """The file's content, or a ConfigError that names the file and the key."""
    rules = json.loads(schema.read_text())
    content = load(path)
    checked: dict[str, Any] = {} if content is None else content
    if not isinstance(checked, dict):
        raise ConfigError(_key(path.name, _first(rules)), content, "a mapping of keys to values")
    errors = jsonschema.Draft202012Validator(rules).iter_errors(checked)
    found = sorted(errors, key=lambda each: (list(map(str, each.path)), each.message))
    if found:
        raise _problem(path.name, found[0])
    return checked


def _first(rules: dict[str, Any]) -> str:
    """The key that a file begins with."""
    return next(iter(rules.get("required") or rules.get("properties") or ()), "")


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
