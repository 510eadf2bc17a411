"""Waivers: a failure that somebody answers for, until a date. Data in `policies/waivers.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from evidence import regular
from policies import clock, plain_yaml
from policies.errors import WaiverError
from policies.result import Finding, Verdict

DEFAULT_FILE = Path(__file__).parent / "waivers.yaml"
SCHEMA = Path(__file__).parent / "waivers.schema.json"
MOST = 10
"""More resources of a stack than this are never one exception: such a waiver is over-broad."""

_LETTERS = {"resource": 4, "stack": 2}
"""How many letters of its own a pattern needs."""

_NOBODY = {
    "-",
    "?",
    "anybody",
    "anyone",
    "everyone",
    "i",
    "me",
    "myself",
    "n/a",
    "na",
    "nobody",
    "none",
    "tba",
    "tbd",
    "todo",
    "unknown",
    "us",
    "we",
}
_VARIES = re.compile(r"[*?]")
"""What varies in a pattern; everything else, brackets too, stands for itself."""


@dataclass(frozen=True)
class Waiver:
    """One accepted failure: which rule, which resource names (a pattern), who answers, until when.

    `stack` is a pattern of stack names; without it the waiver is for every stack.
    """

    rule: str
    resource: str
    owner: str
    reason: str
    compensating_control: str
    ticket: str
    expires: date
    stack: str = ""
    entry: str = "#1"
    file: str = DEFAULT_FILE.name

    def covers(self, finding: Finding) -> bool:
        return (
            finding.rule == self.rule
            and _fits(self.resource, finding.resource)
            and self.concerns(finding.stack)
        )

    def concerns(self, stack: str) -> bool:
        return not self.stack or _fits(self.stack, stack)

    @property
    def many_stacks(self) -> bool:
        return bool(_VARIES.search(self.stack))

    @property
    def note(self) -> str:
        """What a finding says that it excuses."""
        return f"{self.owner} until {self.expires}: {self.reason} ({self.ticket})"

    def superseded(self, findings: Iterable[Finding]) -> bool:
        return any(finding.verdict is Verdict.PASSED and self.covers(finding) for finding in findings)

    def error(self, field: str, problem: str) -> WaiverError:
        return WaiverError(self.entry, field, problem, self.file)


@dataclass(frozen=True)
class Waivers:
    """The waivers in force."""

    entries: tuple[Waiver, ...] = ()

    def apply(self, finding: Finding) -> Finding:
        if finding.verdict is not Verdict.FAILED:
            return finding
        if waiver := self._first(finding):
            return finding._replace(verdict=Verdict.WAIVED, waiver=waiver.note)
        return finding

    def _first(self, finding: Finding) -> Waiver | None:
        return next((waiver for waiver in self.entries if waiver.covers(finding)), None)

    def unused(self, findings: Iterable[Finding]) -> tuple[WaiverError, ...]:
        """The waivers that excused nothing in any of the stacks that they are for, after these were judged.

        One whose `stack` was not judged is left out; so is one that an unproven value may still need. One
        for a pattern of stacks is unused only where what it is for passes now: another may still fail.
        """
        found = list(findings) if self.entries else []
        stacks = {finding.stack for finding in found if finding.stack}
        needed = {id(self._first(f)) for f in found if f.verdict in (Verdict.WAIVED, Verdict.UNPROVEN)}
        return tuple(
            waiver.error("resource", _idle(waiver, stacks))
            for waiver in self.entries
            if id(waiver) not in needed
            and any(map(waiver.concerns, stacks))
            and (not waiver.many_stacks or waiver.superseded(found))
        )

    def too_broad(self, findings: Iterable[Finding]) -> tuple[WaiverError, ...]:
        """The waivers that excused more than `MOST` resources of one stack."""
        excused: dict[tuple[int, str], set[str]] = {}
        for finding in findings if self.entries else ():
            if finding.verdict is Verdict.WAIVED:
                excused.setdefault((id(self._first(finding)), finding.stack), set()).add(finding.urn)
        broad = {waiver: len(urns) for (waiver, _), urns in excused.items() if len(urns) > MOST}
        return tuple(
            waiver.error("resource", _excuses(waiver.resource, broad[id(waiver)]))
            for waiver in self.entries
            if id(waiver) in broad
        )

    def problems(self, findings: Iterable[Finding]) -> tuple[WaiverError, ...]:
        """What fails a build after judging: waivers that are unused, or too broad for what is there."""
        found = list(findings)
        return (*self.unused(found), *self.too_broad(found))


def _fits(pattern: str, name: str) -> bool:
    return name == pattern or _matcher(pattern).fullmatch(name) is not None


@cache
def _matcher(pattern: str) -> re.Pattern[str]:
    """Between two stars the first place that fits is as good as any: no pattern takes long."""
    parts = ["".join("." if c == "?" else re.escape(c) for c in part) for part in pattern.split("*")]
    first, rest = parts[0], parts[1:]
    between = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return re.compile(first + between + "".join(f".*{part}" for part in rest[-1:]), re.DOTALL)


def _excuses(resource: str, count: int) -> str:
    return f"{resource!r} excuses {count} resources of a stack; at most {MOST} are allowed"


def _idle(waiver: Waiver, stacks: Iterable[str]) -> str:
    where = ", ".join(sorted(stack for stack in stacks if waiver.concerns(stack)))
    scoped = "" if waiver.stack else ", or name the stacks that it is for with `stack`"
    return f"{waiver.resource!r} excuses nothing of {waiver.rule} in {where}; delete it{scoped}"


def load(path: Path = DEFAULT_FILE, today: date | None = None) -> Waivers:
    """Read and check the waivers; raises `WaiverError` on one that must not count."""
    entries = tuple(parse(read(path), path.name))
    on = today or clock.today(path if entries else None)
    for waiver in entries:
        _check(waiver, on)
    return Waivers(entries)


def read(path: Path) -> str:
    """The text of a file of waivers."""
    try:
        return regular.read(path).decode()
    except UnicodeDecodeError as error:
        raise WaiverError("", "file", f"is no text ({error.reason})", path.name) from error


def parse(text: str, file: str = DEFAULT_FILE.name) -> Iterator[Waiver]:
    """The entries of a file as the schema wants them, in force or not."""
    try:
        given = plain_yaml.parse(text, _Loader) or []
    except yaml.YAMLError as error:
        raise WaiverError("", "file", f"is no YAML ({' '.join(str(error).split())})", file) from error
    if given == []:
        return
    try:
        _conform(given, file)
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise WaiverError("", "file", f"is no list of waivers ({type(error).__name__})", file) from error
    for index, item in enumerate(given):
        yield _waiver(item, f"#{index + 1}", file)


def _waiver(item: dict[str, Any], label: str, file: str) -> Waiver:
    try:
        expires = date.fromisoformat(item["expires"])
    except ValueError as error:
        raise WaiverError(label, "expires", f"{item['expires']!r} is not a date ({error})", file) from error
    return Waiver(**{**item, "expires": expires, "entry": label, "file": file})


class _Loader(plain_yaml.PlainLoader):
    """Dates stay text, so that one form is allowed and a bad one is named."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if not tag.endswith(":timestamp")]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _conform(given: Any, file: str) -> None:
    """JSON Schema's first finding, in the words of a WaiverError; imported only where there are waivers."""
    import json

    import jsonschema

    schema = json.loads(SCHEMA.read_text())
    fields = schema["$defs"]["waiver"]["properties"]
    found = sorted(
        jsonschema.Draft202012Validator(schema).iter_errors(given), key=lambda each: list(map(str, each.path))
    )
    if not found:
        return
    error = found[0]
    path = list(error.absolute_path)
    label = f"#{path[0] + 1}" if path else ""
    if error.validator == "additionalProperties":
        unknown = min(set(map(str, error.instance)) - set(fields))
        raise WaiverError(label, unknown, f"is not a field; allowed: {', '.join(fields)}", file)
    if error.validator == "required":
        missing = next(each for each in error.validator_value if each not in error.instance)
        raise WaiverError(
            label, missing, f"is missing; every waiver names {', '.join(error.validator_value)}", file
        )
    field = str(path[1]) if len(path) > 1 else "entry" if path else "file"
    raise WaiverError(label, field, f"{error.instance!r} is not {_WANTED.get(field, 'some words')}", file)


_WANTED = {
    "compensating_control": "a sentence that says what holds instead",
    "entry": "a mapping",
    "expires": "a date such as 2027-03-31",
    "file": "a list of waivers",
    "reason": "a sentence that says why",
}


def _check(waiver: Waiver, today: date) -> None:
    allowed = _rules()
    if waiver.rule not in allowed:
        from policies.framework import nearest

        raise waiver.error("rule", f"{waiver.rule!r} is no rule; {nearest(waiver.rule, allowed)}")
    for field, pattern in (("resource", waiver.resource), ("stack", waiver.stack)):
        if _broad(pattern, _LETTERS[field]):
            raise waiver.error(field, f"{pattern!r} covers nearly everything; name what it is for")
    if waiver.owner.lower() in _NOBODY:
        raise waiver.error("owner", f"{waiver.owner!r} is nobody; name who answers for it")
    if waiver.expires < today:
        raise waiver.error("expires", f"expired on {waiver.expires}; mend the failure or renew the waiver")
    if waiver.expires > _year_after(today):
        raise waiver.error("expires", f"{waiver.expires} is more than a year away")


def _year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 3, 1)


def _broad(pattern: str, letters: int) -> bool:
    """A pattern with hardly a letter of its own (`*`, `?*`, `*a*`); a whole name is never broad."""
    literal = _VARIES.sub("", pattern)
    return literal != pattern and sum(map(str.isalnum, literal)) < letters


def _rules() -> set[str]:
    import policies.rules  # noqa: F401  (registers the rules)
    from policies.rule import ESTATE_RULES, RULES

    return {*RULES, *ESTATE_RULES}
