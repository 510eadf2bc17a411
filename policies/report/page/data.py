"""The findings as data in the page: every text once, a finding as seven numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from policies.coverage import FrameworkCoverage
from policies.report.known import ORDER, SEVERITIES, remark, rules
from policies.report.text import visible
from policies.result import Finding

BOUND = 1000
"""Rows of the static table and of a print: more makes a document that no browser lays out in time."""


class _Table:
    """Values by index, each only once."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._index: dict[Any, int] = {}

    def add(self, value: Any) -> int:
        found = self._index.get(value)
        if found is None:
            found = self._index[value] = len(self.items)
            self.items.append(value)
        return found


class _Texts(_Table):
    """Texts as they may be shown; looked up as they were given."""

    def add(self, value: str) -> int:
        before = len(self.items)
        found = super().add(value)
        if len(self.items) > before:
            self.items[found] = visible(value)
        return found


def payload(findings: Sequence[Finding], coverage: Sequence[FrameworkCoverage]) -> dict[str, Any]:
    """`findings` holds, seven by seven: rule, resource, verdict, message, path, value seen, waiver.

    They are in the order given.
    """
    known = rules()
    positions = {rule: index for index, rule in enumerate(known)}
    verdicts = {verdict: index for index, verdict in enumerate(ORDER)}
    texts, resources = _Texts(), _Table()
    texts.add("")
    flat: list[int] = []
    for f in findings:
        resource = resources.add((f.urn, texts.add(f.resource), texts.add(f.type), texts.add(f.stack)))
        said = remark(f, known[f.rule])
        flat += (
            positions[f.rule], resource, verdicts[f.verdict],
            texts.add(said), texts.add(f.path), texts.add(f.seen), texts.add(f.waiver),
        )  # fmt: skip
    named = {name: name for rule in known.values() for name in rule.controls}
    return {
        "bound": BOUND,
        "verdicts": [verdict.value for verdict in ORDER],
        "severities": SEVERITIES,
        "frameworks": named | {each.framework.key: each.framework.title for each in coverage},
        "rules": [
            {
                "id": rule.id, "number": rule.number, "title": rule.title, "remedy": rule.remedy,
                "severity": rule.severity,
                "controls": {name: list(dict.fromkeys(ids)) for name, ids in rule.controls.items()},
            }
            for rule in known.values()
        ],
        "stacks": sorted({item[3] for item in resources.items if item[3]}, key=lambda i: str(texts.items[i])),
        "resources": [item[1:] for item in resources.items],
        "strings": texts.items,
        "findings": flat,
    }  # fmt: skip


def script(data: dict[str, Any]) -> str:
    """As JSON that nothing in it can end: `<` cannot stand in a script element, nor U+2028 in a script."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
