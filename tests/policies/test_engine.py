"""The rules as the engine runs them: pulumi-policy's own proxies and sentinels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pulumi_policy import proxy

from policies.context import Context, locations
from policies.engine import engine_policies, plain, settings, stack_of
from policies.resource import UNKNOWN
from policies.waivers import Waivers

EU = Context(locations=locations("eu"))


class Arguments:
    """The attributes of `ResourceValidationArgs` that the policies read."""

    def __init__(self, token: str, props: dict[str, Any]) -> None:
        self.resource_type = token
        self.props = proxy.unknown_checking_proxy(props)
        self.urn = "urn"
        self.name = "r"
        self.opts = None


def violations(name: str, token: str, props: dict[str, Any]) -> list[str]:
    said: list[str] = []
    policies = {p.name: p for p in engine_policies(Waivers(), lambda stack: EU)}
    policies[name].validate(Arguments(token, props), lambda message, urn=None: said.append(message))  # type: ignore[arg-type]
    return said


def test_failure_is_reported_with_its_control() -> None:
    (said,) = violations("topic-cmek", "gcp:pubsub/topic:Topic", {"name": "t"})
    assert "kmsKeyName is absent" in said
    assert "164.312(a)(2)(iv)" in said


def test_unknown_value_is_advisory_and_named() -> None:
    props = {"kmsKeyName": proxy.UNKNOWN_STRING_VALUE}
    assert violations("topic-cmek", "gcp:pubsub/topic:Topic", props) == []
    assert any(
        "topic-cmek: unproven" in said for said in violations("not-passed", "gcp:pubsub/topic:Topic", props)
    )


def test_other_types_are_left_alone() -> None:
    assert violations("topic-cmek", "gcp:storage/bucket:Bucket", {}) == []


def test_nested_unknowns_are_found() -> None:
    wrapped = proxy.unknown_checking_proxy({"a": [{"b": proxy.UNKNOWN_OBJECT_VALUE}], "e": {}})
    assert plain(wrapped) == {"a": [{"b": UNKNOWN}], "e": {}}


def test_settings_are_the_stacks_own_configuration(tmp_path: Path) -> None:
    given = {"PULUMI_CONFIG": '{"careplane:profile": "saas", "gcp:project": "p"}'}
    assert settings("any", given) == {"profile": "saas"}
    (tmp_path / "Pulumi.one.yaml").write_text("config:\n  careplane:jurisdiction: de\n  gcp:project: p\n")
    assert settings("one", {}, tmp_path) == {"jurisdiction": "de"}
    assert settings("other", {}, tmp_path) == {}


def test_stack_is_read_from_the_urn() -> None:
    assert stack_of("urn:pulumi:local-cell::careplane::gcp:kms/keyRing:KeyRing::cell") == "local-cell"
