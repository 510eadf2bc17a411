"""The pack as the engine asks it: pulumi-policy's own servicer, given the engine's own messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel
from pulumi_policy.policy import _PolicyAnalyzerServicer

import policies.rules  # noqa: F401  (registers the rules)
from policies.context import Context, locations
from policies.engine import engine_policies
from policies.levels import Levels
from policies.waivers import Waivers

EU = Context(locations=locations("eu"), kind="tenant", jurisdiction="eu")
URN = "urn:pulumi:local-tenant-x::careplane::{type}::{name}"


class Analyzer:
    """Asks about one resource, a stack, or a remedy; says what the engine would print."""

    def __init__(
        self, waivers: Waivers | None = None, levels: Levels | None = None, context: Context = EU
    ) -> None:
        policies = engine_policies(waivers or Waivers(), levels, lambda stack: context)
        self._servicer = _PolicyAnalyzerServicer("careplane", "0.1.0", policies, EnforcementLevel.MANDATORY)

    def resource(self, type: str, properties: Mapping[str, Any], protect: bool = True) -> dict[str, str]:
        """What stops the update, by policy."""
        options = analyzer_pb2.AnalyzerResourceOptions(protect=protect)
        request = analyzer_pb2.AnalyzeRequest(
            type=type,
            properties=_struct(properties),
            urn=URN.format(type=type, name="r"),
            name="r",
            options=options,
        )
        return _said(self._servicer.Analyze(request, None))

    def stack(self, *given: tuple[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
        """What is said of the whole stack: (level, message)."""
        resources = [
            analyzer_pb2.AnalyzerResource(
                type=type,
                properties=_struct(properties),
                urn=URN.format(type=type, name=f"r{index}"),
                name=f"r{index}",
                options=analyzer_pb2.AnalyzerResourceOptions(protect=True),
            )
            for index, (type, properties) in enumerate(given)
        ]
        answer = self._servicer.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources), None)
        return [
            (analyzer_pb2.EnforcementLevel.Name(each.enforcementLevel), each.message)
            for each in answer.diagnostics
        ]

    def remedy(self, type: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties that the remedies would send instead; empty where none acts."""
        request = analyzer_pb2.AnalyzeRequest(
            type=type,
            properties=_struct(properties),
            urn=URN.format(type=type, name="r"),
            name="r",
        )
        answers = self._servicer.Remediate(request, None).remediations
        return json_format.MessageToDict(answers[-1].properties) if answers else {}


def _struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(dict(properties), struct_pb2.Struct())


def _said(answer: Any) -> dict[str, str]:
    return {each.policyName: each.message for each in answer.diagnostics}
