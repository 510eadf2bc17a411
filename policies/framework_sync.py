"""The frameworks' `checks` lists, rewritten from what the rules refer to; nothing else changes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

import policies.rules  # noqa: F401  (registers the rules)
from policies.errors import FrameworkError
from policies.framework import FOLDER, KEYS, dangling, load
from policies.rule import catalogue

_CONTROL = re.compile(r"      - id: (.+)")
_CHECKS = "        checks: ["
_WIDTH = 110


def referring(key: str) -> dict[str, list[str]]:
    """By control of a framework: the rules that refer to it, by number."""
    found: dict[str, list[str]] = {}
    for rule in catalogue():
        for control in dict.fromkeys(rule.controls.get(key, ())):
            found.setdefault(control, []).append(rule.id)
    return found


def rewritten(text: str, checks: Mapping[str, list[str]]) -> str:
    """The file's text with every `checks` list as it has to be."""
    lines, control, kept = iter(text.splitlines()), "", []
    for line in lines:
        if found := _CONTROL.fullmatch(line):
            control = str(yaml.safe_load(found[1]))
        if not line.startswith(_CHECKS):
            kept.append(line)
            continue
        while not line.endswith("]"):
            line = next(lines)
        kept.extend(_list(checks.get(control, [])))
    return "\n".join(kept) + "\n"


def _list(ids: list[str]) -> Iterator[str]:
    line = f"{_CHECKS}{', '.join(ids)}]"
    if len(line) <= _WIDTH:
        yield line
        return
    yield _CHECKS
    body, pad = ", ".join(ids) + ",", " " * 10
    yield from textwrap.wrap(body, _WIDTH, initial_indent=pad, subsequent_indent=pad, break_on_hyphens=False)
    yield "        ]"


def needed(folder: Path = FOLDER) -> dict[Path, str]:
    """The files that have to change, each with its new text."""
    found = {}
    for key in KEYS:
        file = folder / f"{key}.yaml"
        old = file.read_text()
        if (new := rewritten(old, referring(key))) != old:
            found[file] = new
    return found


def edits(folder: Path = FOLDER) -> list[str]:
    """What is to be mended, a sentence each: by `python -m policies sync`, then by hand."""
    found = [f"{file.name}: run `python -m policies sync`" for file in needed(folder)]
    frameworks = []
    for key in KEYS:
        try:
            frameworks.append(load(folder / f"{key}.yaml", _Anything()))
        except FrameworkError as error:
            found.append(
                f"{error} (technical, but no rule refers to it?)" if error.key == "checks" else str(error)
            )
    return found + [str(error) for error in dangling(frameworks)]


class _Anything(frozenset[str]):
    """While the lists are being rewritten, no name in them is wrong yet."""

    def __contains__(self, name: object) -> bool:
        return True
