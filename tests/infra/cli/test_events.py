from __future__ import annotations

from typing import Any

from infra.cli.events import Outcome, described, plain

URN = "urn:pulumi:local-cell::careplane::gcp:kms/keyRing:KeyRing::cell"
STACK_URN = "urn:pulumi:local-cell::careplane::pulumi:pulumi:Stack::careplane-local-cell"


def outcome(*events: dict[str, Any]) -> Outcome:
    found = Outcome()
    for event in events:
        found.take({"sequence": 1, "timestamp": 2, **event})
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
