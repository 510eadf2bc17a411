"""Exported states: what is one, what is none, and what of it counts."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from policies.context import context
from policies.errors import StateError
from policies.estate import Estate
from policies.judge import judge_together
from policies.resource import SECRET, UnknownValue
from policies.state import parse, read_file, read_stack
from policies.waivers import Waivers
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
        (b'{"version": 3, "deployment": {"resources": 5}}', "cannot be read"),
        (b"[" * 100_000, "is not the output"),
        (b'{"version": 3, "deployment": {"resources": [' + b'{"a":' * 100_000, "is not the output"),
    ],
)
def test_what_is_no_state_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(StateError, match=r"state s\.json: ") as refused:
        parse(raw, "s.json")
    assert said in str(refused.value)


def test_what_never_ends_is_refused() -> None:
    for device in ("/dev/zero", "/dev/urandom"):
        with pytest.raises(StateError, match=f"{device}: is a device; a file or a pipe can be judged"):
            read_file(Path(device))


def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(exported((TOPIC, "t", {})),))
    writer.start()
    assert [each.name for each in read_file(pipe).resources[1:]] == ["t"]
    writer.join()


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        ("many", "has `resources` that cannot be read: no list"),
        (["x"], "holds a resource that cannot be read ('x' is no resource)"),
        ([{"type": 5, "urn": "u", "custom": True}], "holds a resource that cannot be read (type is no text)"),
        ([{"type": "gcp:x/y:Y", "urn": {}, "custom": True}], "cannot be read (urn is no text)"),
    ],
)
def test_odd_resources_are_told_in_plain_words(resources: Any, said: str) -> None:
    raw = json.dumps({"version": 3, "deployment": {"resources": resources}}).encode()
    with pytest.raises(StateError) as refused:
        parse(raw, "s")
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


@pytest.mark.parametrize(
    "fields",
    [
        {"delete": "false"},
        {"delete": 1},
        {"external": "no"},
        {"custom": "true"},
        {"protect": "false"},
        {"propertyDependencies": {"k": [5]}},
        {"propertyDependencies": {"k": [["urn:a"]]}},
        {"propertyDependencies": {"k": "urn:a"}},
        {"propertyDependencies": ["k"]},
        {"type": ["t"]},
        {"type": 5},
        {"urn": 5},
        {"urn": "urn:pulumi:example::careplane"},
        {"outputs": "x"},
        {"inputs": [1]},
    ],
)
def test_odd_fields_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(StateError, match=r"state s: holds a resource that cannot be read"):
        changed(**fields)


def test_a_name_may_hold_colons() -> None:
    assert changed(urn=f"urn:pulumi:example::careplane::{TOPIC}::a::b") == ["a::b"]


def test_resources_of_another_stack_are_refused() -> None:
    with pytest.raises(StateError, match="holds a resource of stack 'other' beside those of 'example'"):
        changed(urn=f"urn:pulumi:other::careplane::{TOPIC}::t")


def test_one_urn_twice_is_refused_unless_one_is_being_replaced() -> None:
    document = json.loads(exported((TOPIC, "t", {}), (TOPIC, "t", {})))
    with pytest.raises(StateError, match=f"names urn:pulumi:example::careplane::{TOPIC}::t twice"):
        parse(json.dumps(document).encode(), "s")
    document["deployment"]["resources"][2]["delete"] = True
    assert len(parse(json.dumps(document).encode(), "s").resources) == 2


def test_two_stacks_in_one_state_are_refused() -> None:
    document = json.loads(exported((TOPIC, "t", {})))
    second = {**document["deployment"]["resources"][0]}
    second["urn"] += "-2"
    document["deployment"]["resources"].append(second)
    with pytest.raises(StateError, match="holds 2 stacks"):
        parse(json.dumps(document).encode(), "s")


def test_a_value_nested_too_deeply_to_be_judged_is_refused() -> None:
    deep: dict[str, Any] = {"a": 1}
    for _ in range(850):
        deep = {"a": deep}
    entry = json.dumps(deep)
    raw = exported((TOPIC, "t", {"here": 5})).replace(b'{"here": 5}', entry.encode())
    state = parse(raw, "s")
    with pytest.raises(StateError, match="is nested too deeply to be judged"):
        recursing(state)


def recursing(state: Any, depth: int = 150) -> Any:
    """Judged from further down the stack, where less of it is left."""
    if depth:
        return recursing(state, depth - 1)
    return judge_together(Estate((state.judged_as(context({"jurisdiction": "eu"})),)), Waivers())


class Done:
    def __init__(self, code: int, out: bytes, said: bytes) -> None:
        self.returncode, self.stdout, self.stderr = code, out, said


@pytest.mark.parametrize(
    ("said", "expected"), [(b"", "exited with 255"), (b"a\nerror: no stack\n", "error: no stack")]
)
def test_an_export_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, said: bytes, expected: str) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: Done(255, b"", said))
    with pytest.raises(StateError, match=expected):
        read_stack("s")
