"""One result type for every place where rules run and every format that reports them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from policies.waivers import Waiver


class Verdict(StrEnum):
    """What a rule says of one resource. Nothing passes by default."""

    PASSED = "passed"
    FAILED = "failed"
    UNPROVEN = "unproven"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"


LONGEST = 300
"""Characters of a value that was seen, and of a property's path."""
_MESSAGE = 1_000


def _cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


class Finding(NamedTuple):
    """One rule's verdict on one resource (`urn` is empty where a rule found nothing to judge).

    `seen` is the value that was seen, never a secret; `waiver` says who answers for a waived failure.
    """

    rule: str
    urn: str
    resource: str
    verdict: Verdict
    message: str
    path: str = ""
    seen: str = ""
    waiver: str = ""
    stack: str = ""
    type: str = ""

    def bounded(self) -> Finding:
        """As it is, or with a value too long to be read cut: every format repeats it several times."""
        if len(self.seen) <= LONGEST and len(self.path) <= LONGEST and len(self.message) <= _MESSAGE:
            return self
        seen, path = _cut(self.seen), _cut(self.path)
        told = self.message.replace(self.seen, seen) if len(self.seen) > LONGEST else self.message
        told = told.replace(self.path, path) if len(self.path) > LONGEST else told
        return self._replace(seen=seen, path=path, message=_cut(told, _MESSAGE))


@dataclass(frozen=True)
class Judged:
    """One stack that a report is about: where its state came from, what it is, what was in it.

    `resources` counts the resources that the rules saw; `unjudged` counts, by type, those that no rule
    said anything of: they are listed, never passed.
    """

    stack: str
    profile: str
    jurisdiction: str
    kind: str | None
    state_sha256: str
    resources: int
    unjudged: tuple[tuple[str, int], ...] = ()


PROJECTS_WAIVERS = "policies/waivers.yaml"


@dataclass(frozen=True)
class Report:
    """Every finding about stacks judged together, with what judged them, when, and the waivers in force.

    `waivers_file` and `waivers_sha256` are of the file that the waivers were read from: `PROJECTS_WAIVERS`,
    or the bare name of another file; "" where a report does not say.
    """

    stacks: tuple[Judged, ...]
    judged_at: str
    commit: str
    pack_version: str
    findings: tuple[Finding, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    waivers_file: str = ""
    waivers_sha256: str = ""

    @property
    def other_waivers(self) -> bool:
        """Whether a file other than the project's said what is waived."""
        return self.waivers_file not in ("", PROJECTS_WAIVERS)

    @property
    def waived_by(self) -> str:
        """The waivers' file in words."""
        if not self.waivers_file:
            return "not said"
        instead = f", instead of {PROJECTS_WAIVERS}" if self.other_waivers else ""
        return f"{self.waivers_file} (sha256:{self.waivers_sha256}){instead}"

    @property
    def title(self) -> str:
        return ", ".join(judged.stack for judged in self.stacks) or "nothing"

    @property
    def profile(self) -> str:
        return ", ".join(sorted({judged.profile for judged in self.stacks}))

    def counts(self) -> dict[str, int]:
        seen = Counter(finding.verdict for finding in self.findings)
        return {verdict.value: seen.get(verdict, 0) for verdict in Verdict}

    def exit_code(self) -> int:
        """1 where anything failed; an unproven value is reported, not failed."""
        return 1 if any(f.verdict is Verdict.FAILED for f in self.findings) else 0
