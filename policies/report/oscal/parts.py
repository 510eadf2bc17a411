"""What the OSCAL documents share: identifiers, texts, metadata, subjects and controls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from policies.coverage import FrameworkCoverage
from policies.report.known import AnyRule, rules
from policies.report.text import encodable, line
from policies.result import Finding, Report

Part = dict[str, Any]
_SPACE = UUID("6f0f6a52-64d0-5c5f-9d4b-6f0d1d9f2a11")
NS = "https://careplane.example/ns/oscal"
_NOT_TOKEN = re.compile(r"[^A-Za-z0-9._-]+")


def uuid(*of: str) -> str:
    """The same for the same parts."""
    return str(uuid5(_SPACE, encodable("\0".join(of))))


def token(text: str) -> str:
    """An identifier that OSCAL takes: `SA-9(5)` is `sa-9.5`, `164.312(a)(1)` is `164.312.a.1`."""
    return _NOT_TOKEN.sub(".", text).strip(".").replace("..", ".").lower()


def control_id(framework: str, control: str) -> str:
    """NIST's as its own OSCAL catalogue has them; others after their framework's key."""
    return token(control) if framework == "nist" else f"{framework}-{token(control)}"


def objective(rule: AnyRule) -> str:
    return f"check-{rule.id}"


def prop(name: str, value: object) -> Part:
    return {"name": name, "ns": NS, "value": line(str(value), "none")}


def text(value: str) -> str:
    return line(value, "none")


@dataclass(frozen=True)
class About:
    """One report, with what every document repeats of it."""

    report: Report
    coverage: Sequence[FrameworkCoverage]

    @cached_property
    def rules(self) -> dict[str, AnyRule]:
        return rules()

    @cached_property
    def key(self) -> str:
        """What the report's identifiers come from: what was judged, when, by what, with which waivers."""
        states = (f"{each.stack}={each.state_sha256}" for each in self.report.stacks)
        by = (self.report.commit, self.report.pack_version, self.report.waivers_sha256)
        return "\0".join((self.report.judged_at, *by, *states))

    @cached_property
    def _subjects(self) -> dict[str, str]:
        return {}

    def subject(self, finding: Finding) -> str:
        """The inventory item of a resource; where a finding has none, that of its stack."""
        if not finding.urn:
            return uuid("stack", finding.stack)
        known = self._subjects
        return known.get(finding.urn) or known.setdefault(finding.urn, uuid("resource", finding.urn))

    @cached_property
    def system(self) -> str:
        """The same system however often it is judged."""
        return "\0".join(each.stack for each in self.report.stacks)

    @cached_property
    def component(self) -> str:
        return uuid("component", "platform")

    @cached_property
    def tool(self) -> str:
        return uuid("component", "policies", self.report.pack_version)

    def document(self, name: str) -> str:
        return uuid("document", name, self.key)

    def metadata(self, title: str) -> Part:
        party = uuid("party", "operator")
        return {
            "title": title,
            "last-modified": self.report.judged_at,
            "version": text(self.report.judged_at),
            "oscal-version": "1.2.1",
            "props": [
                prop("policy-pack-version", self.report.pack_version),
                prop("commit", self.report.commit),
                prop("profile", self.report.profile),
                prop("waivers-file", self.report.waivers_file),
                prop("waivers-sha256", self.report.waivers_sha256),
                *(
                    prop("state-sha256", each.state_sha256) | {"remarks": text(each.stack)}
                    for each in self.report.stacks
                ),
            ],
            "roles": [{"id": "operator", "title": "Operator of the platform"}],
            "parties": [{"uuid": party, "type": "organization", "name": "Operator of the platform"}],
            "responsible-parties": [{"role-id": "operator", "party-uuids": [party]}],
        }

    def origin(self) -> list[Part]:
        return [{"actors": [{"type": "tool", "actor-uuid": self.tool}]}]

    def tool_component(self) -> Part:
        return {
            "uuid": self.tool,
            "type": "software",
            "title": f"careplane-policies {text(self.report.pack_version)}",
            "description": "Judges exported Pulumi state against healthcare controls.",
            "props": [prop("version", self.report.pack_version), prop("commit", self.report.commit)],
            "status": {"state": "operational"},
        }

    def platform_component(self) -> Part:
        return {
            "uuid": self.component,
            "type": "this-system",
            "title": "Careplane",
            "description": "A platform for health records on Google Cloud, as Pulumi stacks.",
            "status": {"state": "operational"},
        }

    def reviewed(self) -> Part:
        """The controls that at least one check is about."""
        found = dict.fromkeys(control for rule in self.rules.values() for control in controls_of(rule))
        return {"control-selections": [{"include-controls": [{"control-id": each} for each in found]}]}


def controls_of(rule: AnyRule) -> list[str]:
    return list(dict.fromkeys(control_id(name, each) for name, ids in rule.controls.items() for each in ids))


def inventory(about: About) -> list[Part]:
    """Every resource that a finding is about, and every stack: the other documents refer to these."""
    report = about.report
    stacks = [_stack(each.stack, about.component) for each in report.stacks]
    if any(not f.urn and not f.stack for f in report.findings):
        stacks.append(_stack("", about.component))
    seen: dict[str, Finding] = {}
    for finding in report.findings:
        if finding.urn:
            seen.setdefault(finding.urn, finding)
    return [*stacks, *(_item(about, finding) for finding in seen.values())]


def _stack(name: str, component: str) -> Part:
    return {
        "uuid": uuid("stack", name),
        "description": f"Stack {text(name)}" if name else "All stacks together",
        "implemented-components": [{"component-uuid": component}],
    }


def _item(about: About, finding: Finding) -> Part:
    return {
        "uuid": about.subject(finding),
        "description": text(f"{finding.resource} ({finding.type}) in {finding.stack}"),
        "props": [{"name": "asset-id", "value": text(finding.urn)}],
        "implemented-components": [{"component-uuid": about.component}],
    }
