"""Exported states: what is one, what is none, and what of it counts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.errors import StateError
from policies.resource import SECRET, UnknownValue
from policies.state import parse
from tests.policies.state_example import SECRET as ENCRYPTED
from tests.policies.state_example import exported

TOPIC = "gcp:pubsub/topic:Topic"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is not the output of `pulumi stack export`"),
        (b"[]", "is not the output"),
        (b'{"version": 3, "deployment": 1}', "is not the output"),
        (b'{"version": 3, "deployment": {"resources": []}}', "holds no stack"),
        (b"\xff\xfe", "is not the output"),
        (exported((TOPIC, "t", {}))[:-20], "is not the output"),
        (b'{"version": 2, "deployment": {"resources": []}}', "has version 2; version 3 can be judged"),
        (b'{"version": "3", "deployment": {"resources": []}}', "has version '3'"),
        (b'{"version": 3, "deployment": {"resources": [{"custom": true}]}}', "cannot be read"),
        (b'{"version": 3, "deployment": {"resources": ["x"]}}', "cannot be read"),
    ],
)
def test_what_is_no_state_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(StateError, match=r"state s\.json: ") as refused:
        parse(raw, "s.json")
    assert said in str(refused.value)


def changed(**fields: Any) -> list[str]:
    """The names of the resources that count when the topic's entry has these fields."""
    document = json.loads(exported((TOPIC, "t", {"name": "t"})))
    document["deployment"]["resources"][1].update(fields)
    return [each.name for each in parse(json.dumps(document).encode(), "s").resources[1:]]


def test_only_what_the_stack_owns_counts() -> None:
    assert changed() == ["t"]
    assert changed(delete=True) == []
    assert changed(external=True) == []
    assert changed(custom=False) == []
    assert changed(type="pulumi:pulumi:StackReference") == []


def test_encrypted_secrets_are_secrets_and_unknowns_unknown() -> None:
    state = parse(exported((TOPIC, "t", {"a": ENCRYPTED, "b": [ENCRYPTED], "c": {"d": UNKNOWN}})), "s")
    topic = state.resources[1]
    assert topic.at("a") is SECRET
    assert topic.at("b") == [SECRET]
    with pytest.raises(UnknownValue, match=r"c\.d is not known yet"):
        topic.at("c.d")


def test_outputs_say_what_exists_inputs_what_was_asked() -> None:
    document = json.loads(exported((TOPIC, "t", {})))
    entry = document["deployment"]["resources"][1]
    entry["inputs"], entry["outputs"] = {"x": 1, "y": 1}, {"y": 2}
    topic = parse(json.dumps(document).encode(), "s").resources[1]
    assert (topic.at("x"), topic.at("y")) == (1, 2)


def test_protection_and_what_values_were_made_from() -> None:
    document = json.loads(exported((TOPIC, "t", {})))
    document["deployment"]["resources"][1] |= {
        "protect": True,
        "propertyDependencies": {"k": ["urn:a"], "l": None},
    }
    topic = parse(json.dumps(document).encode(), "s").resources[1]
    assert topic.protected()
    assert topic.references == {"k": ("urn:a",), "l": ()}


def test_two_hundred_megabytes_are_read() -> None:
    text = "x" * 100_000
    resources = [(TOPIC, f"t{index}", {"labels": {"note": text}}) for index in range(1000)]
    raw = exported(*resources)
    assert len(raw) > 200_000_000
    assert len(parse(raw, "s").resources) == 1001
