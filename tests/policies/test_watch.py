"""Watching: what is live is judged, drift is told by property, and nothing is told twice."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from policies import live
from policies.context import context
from policies.errors import StateError
from policies.estate import Estate
from policies.judge import describe, judge_together
from policies.live import Drift
from policies.resource import SECRET, Resource
from policies.result import Report, Verdict
from policies.stack import Stack
from policies.waivers import Waivers
from policies.watch import Watch

URN = "urn:pulumi:local-cell::careplane::{}::{}"
TOPIC = "gcp:pubsub/topic:Topic"
ROOT = {
    "type": "pulumi:pulumi:Stack",
    "urn": URN.format("pulumi:pulumi:Stack", "careplane-local-cell"),
    "outputs": {"jurisdiction": "eu"},
}
KEY = "projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k"


def topic(key: str | None) -> dict[str, object]:
    return {"type": TOPIC, "urn": URN.format(TOPIC, "t"), "custom": True, "outputs": {"kmsKeyName": key}}


def refresh(*steps: dict[str, object]) -> bytes:
    return json.dumps({"steps": [{"op": "refresh", "urn": ROOT["urn"], "newState": ROOT}, *steps]}).encode()


def changed(key: str | None) -> dict[str, object]:
    diff = {"kmsKeyName": {"kind": "update"}}
    return {"op": "update", "urn": URN.format(TOPIC, "t"), "newState": topic(key), "detailedDiff": diff}


def test_what_is_live_counts_not_what_was_written_down() -> None:
    state, drifted = live.parse(refresh(changed(None)), "local-cell")
    (found,) = [each for each in state.resources if each.type == TOPIC]
    assert isinstance(found, Resource) and found.at("kmsKeyName") is None
    assert [str(each) for each in drifted] == ["t changed: kmsKeyName"]


def test_what_the_engine_masks_is_a_secret() -> None:
    """Its plan says `[secret]` where a state file has the ciphertext: no password lies open for that."""
    user = "gcp:sql/user:User"
    made = {"name": "admin", "password": "[secret]", "sqlServerUserDetails": [{"note": "[secret]"}]}
    state = {"type": user, "urn": URN.format(user, "u"), "custom": True, "outputs": made}
    judged, _ = live.parse(
        refresh({"op": "same", "urn": URN.format(user, "u"), "newState": state}), "local-cell"
    )
    (found,) = [each for each in judged.resources if each.type == user]
    assert found.at("password") is SECRET
    assert next(note for _, note in found.each("sqlServerUserDetails")).get("note") is SECRET
    assert found.at("name") == "admin"


def test_what_is_gone_is_drift_and_no_resource() -> None:
    state, drifted = live.parse(refresh({"op": "delete", "urn": URN.format(TOPIC, "t")}), "local-cell")
    assert [each.type for each in state.resources] == ["pulumi:pulumi:Stack"]
    assert [str(each) for each in drifted] == ["t is gone"]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"steps": [{}]}'])
def test_a_refresh_that_failed_says_why(raw: bytes) -> None:
    with pytest.raises(StateError, match="no such stack"):
        live.parse(raw, "nowhere", "warning: x\nerror: no such stack\n")


@pytest.mark.parametrize(
    "step",
    [
        {"op": "update", "urn": 5},
        {"op": ["update"], "urn": 5},
        {"op": "update", "urn": ROOT["urn"], "newState": 5},
        {"op": "update", "urn": ROOT["urn"], "detailedDiff": 5},
        "newState",
    ],
)
def test_odd_steps_are_refused(step: Any) -> None:
    with pytest.raises(StateError, match="local-cell"):
        live.parse(refresh(step), "local-cell")


def test_a_plan_nested_too_deeply_is_refused() -> None:
    with pytest.raises(StateError):
        live.parse(b'{"steps": [' + b'{"newState":' * 100_000, "local-cell")


def test_a_refresh_that_exits_non_zero_is_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulumi prints the plan as far as it came before it fails: half a stack is not what is live."""
    done = subprocess.CompletedProcess([], 255, refresh(changed(KEY)), b"error: could not read t\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(StateError, match="error: could not read t"):
        live.read_live("local-cell")


class Cloud:
    """What each look finds, in turn."""

    def __init__(self, *looks: bytes) -> None:
        self._looks = list(looks)

    def __call__(self, stacks: Sequence[str]) -> tuple[Report, tuple[Drift, ...]]:
        state, drifted = live.parse(self._looks.pop(0), stacks[0])
        stack: Stack = state.judged_as(context(state.outputs.plain(), stack=state.stack))
        findings = judge_together(Estate((stack,)), Waivers())
        return Report(
            (describe(stack, state.sha256),), "2026-11-25T00:00:00+00:00", "c", "0", findings
        ), drifted


def kinds(watch: Watch) -> list[tuple[str, str]]:
    return [(alert.kind, alert.check) for alert in watch.round()[1] if alert.check in ("", "topic-cmek")]


def test_an_alert_is_raised_once_and_again_after_a_recovery() -> None:
    well = {"op": "refresh", "urn": URN.format(TOPIC, "t"), "newState": topic(KEY)}
    cloud = Cloud(
        refresh(well), refresh(changed(None)), refresh(changed(None)), refresh(well), refresh(changed(None))
    )
    watch = Watch(["local-cell"], cloud)
    assert kinds(watch) == []
    assert kinds(watch) == [("drift", ""), ("failed", "topic-cmek")]
    assert kinds(watch) == []
    assert kinds(watch) == []
    assert kinds(watch) == [("drift", ""), ("failed", "topic-cmek")]


def test_an_alert_is_a_structured_log_entry() -> None:
    watch = Watch(["local-cell"], Cloud(refresh(changed(None))))
    report, alerts = watch.round()
    assert any(finding.verdict is Verdict.FAILED for finding in report.findings)
    entry = alerts[0].entry()
    assert entry["severity"] == "ERROR"
    assert entry["message"] == "drift: t changed: kmsKeyName"
