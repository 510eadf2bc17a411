from __future__ import annotations

from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from infra.cli.events import Outcome, described, plain

URN = "urn:pulumi:local-cell::careplane::gcp:kms/keyRing:KeyRing::cell"
STACK_URN = "urn:pulumi:local-cell::careplane::pulumi:pulumi:Stack::careplane-local-cell"


def outcome(*events: dict[str, Any]) -> Outcome:
    found = Outcome()
    for number, event in enumerate(events):
        found.take(EngineEvent.from_json({"sequence": number, "timestamp": 2, **event}))
    return found


def begins(operation: str = "create") -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": {"op": operation, "urn": URN, "type": "t", "new": {"urn": URN}}}}


def ends(kind: str = "t", urn: str = URN, **sides: Any) -> dict[str, Any]:
    return {"resOutputsEvent": {"metadata": {"op": "same", "urn": urn, "type": kind, **sides}}}


def test_only_what_changes_something_counts() -> None:
    found = outcome({"summaryEvent": {"resourceChanges": {"same": 98, "discard": 1, "update": 2}}})
    assert found.differences == {"update": 2}
    assert not outcome({"summaryEvent": {"resourceChanges": {"same": 98}}}).differences


def test_a_changed_output_alone_is_a_difference() -> None:
    sides = {"old": {"outputs": {"a": 1}}, "new": {"outputs": {"a": 2}}}
    found = outcome(
        ends("pulumi:pulumi:Stack", STACK_URN, **sides), {"summaryEvent": {"resourceChanges": {"same": 1}}}
    )
    assert found.differences == {"outputs": 1}


def test_another_stacks_outputs_that_were_read_anew_are_no_drift() -> None:
    reference = (
        "urn:pulumi:us-cell-2::careplane::pulumi:pulumi:StackReference::organization/careplane/us-cell"
    )
    read = {
        "resOutputsEvent": {
            "metadata": {"op": "update", "urn": reference, "type": "pulumi:pulumi:StackReference"}
        }
    }
    assert not outcome(read, {"summaryEvent": {"resourceChanges": {"same": 9, "update": 1}}}).differences
    found = outcome(read, {"summaryEvent": {"resourceChanges": {"same": 8, "update": 2}}})
    assert found.differences == {"update": 1}


def test_creation_without_an_end_is_kept() -> None:
    assert outcome(begins()).begun == {URN: {"urn": URN}}
    assert not outcome(begins(), ends()).begun
    assert not outcome(begins("update")).begun


def test_a_creation_is_kept_as_the_engine_asked_for_it() -> None:
    new = {"urn": URN, "type": "t", "custom": False, "inputs": {"a": 1}, "provider": "p::1"}
    event = {"resourcePreEvent": {"metadata": {"op": "create", "urn": URN, "type": "t", "new": new}}}
    assert outcome(event).begun == {URN: new}


END: dict[str, Any] = {"summaryEvent": {"resourceChanges": {"same": 1}, "durationSeconds": 1}}


def closed(found: Outcome, *said: str) -> list[str]:
    found.close(list(said))
    return found.errors


def test_whole_events_are_no_error() -> None:
    assert closed(outcome(begins(), ends(), END, {"cancelEvent": {}})) == []


def test_a_missing_event_or_end_is_an_error() -> None:
    assert "not all of the engine's events" in closed(outcome(begins(), ends()))[0]
    assert "not all of the engine's events" in closed(Outcome())[0]
    gap = outcome(begins())
    gap.take(EngineEvent.from_json({"sequence": 2, "timestamp": 2, **END}))
    assert "not all of the engine's events" in closed(gap)[0]


def test_an_event_that_fails_here_is_missed() -> None:
    found, odd = Outcome(), EngineEvent.from_json({"sequence": 0, "timestamp": 2, **begins()})
    odd.resource_pre_event = "no event"  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        found.take(odd)
    found.take(EngineEvent.from_json({"sequence": 1, "timestamp": 2, **END}))
    assert found.lost


def test_what_a_command_said_counts_where_the_engine_named_no_error() -> None:
    assert closed(outcome(), "no stack named 'x' found") == ["no stack named 'x' found"]
    told = outcome({"diagnosticEvent": {"severity": "error", "message": "no quota"}})
    assert closed(told, "code: 255") == ["no quota"]


def test_the_stacks_outputs_are_kept() -> None:
    sides = {"new": {"outputs": {"baseUrl": "http://a", "token": "[secret]"}}}
    assert outcome(ends("pulumi:pulumi:Stack", STACK_URN, **sides)).outputs == sides["new"]["outputs"]


def test_errors_name_their_resource() -> None:
    found = outcome(
        {"diagnosticEvent": {"severity": "error", "urn": URN, "message": "<{%reset%}>no\n\n<{%reset%}>"}}
    )
    assert found.errors == ["cell: no"]


def test_warnings_are_no_errors() -> None:
    assert not outcome(
        {"diagnosticEvent": {"severity": "warning", "message": "using plugin from PATH"}}
    ).errors


def test_only_mandatory_policies_stop() -> None:
    event = {
        "policyName": "key-rotation",
        "resourceUrn": URN,
        "message": "rotate",
        "enforcementLevel": "mandatory",
    }
    assert outcome({"policyEvent": event}).violations == ["policy key-rotation on cell: rotate"]
    assert not outcome({"policyEvent": {**event, "enforcementLevel": "advisory"}}).violations


def test_words_for_people() -> None:
    assert described({}) == "nothing to change"
    assert described({"create": 3, "update": 1}) == "3 created, 1 updated"
    assert plain("\x1b[31mred\x1b[0m") == "red"
