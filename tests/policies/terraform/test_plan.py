"""A Terraform plan is judged as the state of the same resources is; what it cannot say is unproven."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies import state as states
from policies.context import context
from policies.errors import StateError
from policies.judge import describe, judge
from policies.result import Verdict
from policies.terraform import names, plan
from policies.waivers import Waivers
from tests.policies.terraform import plans
from tests.shared_data import shared

EU = {"jurisdiction": "eu", "profile": "saas"}
TOPIC = "google_pubsub_topic"


def one(type: str, values: dict[str, Any], **change: Any) -> dict[str, Any]:
    address = f"{type}.r"
    resource = {"address": address, "mode": "managed", "type": type, "name": "r", "values": values}
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [resource]}},
        "resource_changes": [{"address": address, "change": change}],
    }


def verdict(document: dict[str, Any], rule: str) -> Verdict:
    parsed = plan.parse(json.dumps(document).encode(), "p.json")
    found = judge(parsed.judged_as(context(EU)), Waivers())
    return next(finding.verdict for finding in found if finding.rule == rule)


def test_blocks_and_plurals_get_pulumis_names() -> None:
    values = {
        "template": [{"containers": [{"env": [{"name": "A", "value_source": [{"secret_key_ref": []}]}]}]}]
    }
    assert names.translated("google_cloud_run_v2_service", values) == {
        "template": {"containers": [{"envs": [{"name": "A", "valueSource": {"secretKeyRef": None}}]}]}
    }


def test_labels_keep_their_keys() -> None:
    given = {"labels": {"cost_center": "x"}}
    assert names.translated("google_storage_bucket", given) == given


def test_known_values_are_judged() -> None:
    key = "projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k"
    assert verdict(one(TOPIC, {"kms_key_name": key}), "topic-cmek") is Verdict.PASSED
    assert verdict(one(TOPIC, {"kms_key_name": None}), "topic-cmek") is Verdict.FAILED


def test_values_known_after_apply_are_unproven() -> None:
    document = one(TOPIC, {"name": "t"}, after_unknown={"kms_key_name": True})
    assert verdict(document, "topic-cmek") is Verdict.UNPROVEN


def test_sensitive_values_are_secrets() -> None:
    env = {"name": "X", "value": "hunter2"}
    document = one("google_cloud_run_v2_service", {"template": [{"containers": [{"env": [env]}]}]})
    marks = {"template": [{"containers": [{"env": [{"value": True}]}]}]}
    document["planned_values"]["root_module"]["resources"][0]["sensitive_values"] = marks
    parsed = plan.parse(json.dumps(document).encode(), "p.json")
    findings = judge(parsed.judged_as(context(EU)), Waivers())
    (found,) = [finding for finding in findings if finding.rule == "no-plaintext-secret"]
    assert found.verdict is Verdict.FAILED
    assert "hunter2" not in str(findings)


def test_references_are_followed_where_values_are_unknown() -> None:
    topic = {
        "address": "module.m.google_pubsub_topic.dead",
        "type": TOPIC,
        "name": "dead",
        "values": {"name": "d"},
    }
    subscription = {
        "address": "module.m.google_pubsub_subscription.s[0]",
        "type": "google_pubsub_subscription",
        "name": "s",
        "values": {"dead_letter_policy": [{"max_delivery_attempts": 5}]},
    }
    expressions = {"dead_letter_policy": [{"dead_letter_topic": {"references": [f"{TOPIC}.dead.id"]}}]}
    expressions["dead_letter_policy"][0]["dead_letter_topic"]["references"].append(f"{TOPIC}.dead")
    configured = [{"address": "google_pubsub_subscription.s", "expressions": expressions}]
    document = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"child_modules": [{"resources": [topic, subscription]}]}},
        "resource_changes": [
            {
                "address": subscription["address"],
                "change": {"after_unknown": {"dead_letter_policy": [{"dead_letter_topic": True}]}},
            }
        ],
        "configuration": {"root_module": {"module_calls": {"m": {"module": {"resources": configured}}}}},
    }
    assert verdict(document, "topic-schema") is Verdict.NOT_APPLICABLE


def test_unknown_types_are_listed_as_unjudged() -> None:
    parsed = plan.parse(json.dumps(one("aws_s3_bucket", {"bucket": "b"})).encode(), "p.json")
    assert describe(parsed.judged_as(context(EU)), parsed.sha256).unjudged == (
        ("terraform:aws_s3_bucket", 1),
    )


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{", "is not the output of `terraform show -json`"),
        (b"[]", "is not the output"),
        (b'{"format_version": "1.2"}', "is not the output"),
        (b'{"format_version": "2.0", "planned_values": {}}', "format version '2.0'"),
    ],
)
def test_what_is_no_plan(raw: bytes, said: str) -> None:
    with pytest.raises(StateError, match=said):
        plan.parse(raw, "p.json")


def test_same_verdicts_as_the_state_of_the_same_resources() -> None:
    raw = (shared("gcp/official-provider") / "state.json").read_bytes()
    listed = json.loads(raw)["deployment"]["resources"]
    made = json.dumps(plans.plan(listed)).encode()
    about = context(EU)
    from_state = _verdicts(judge(states.parse(raw, "s").judged_as(about), Waivers()))
    from_plan = _verdicts(judge(plan.parse(made, "p.json").judged_as(about), Waivers()))
    differing = {key for key in from_plan if from_state.get(key) != from_plan[key]}
    # A plan does not say whether Pulumi protects a resource, nor has it secrets to tell from other strings.
    assert {rule for rule, _ in differing} <= {"key-protected", "deletion-protection", "no-plaintext-secret"}
    assert len(from_plan) > 100


def _verdicts(findings: tuple[Any, ...]) -> dict[tuple[str, str], str]:
    return {
        (f.rule, f"{f.type}::{f.resource.rsplit('.', 1)[-1]}"): f.verdict
        for f in findings
        if f.type.startswith("gcp:")
    }


def test_what_is_deposed_changes_nothing_about_what_takes_its_place() -> None:
    """A deposed object has the address of its successor: its marks are not the successor's."""
    key = "projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k"
    document = one(TOPIC, {"kms_key_name": key}, after_unknown={})
    deposed = {
        "address": f"{TOPIC}.r",
        "deposed": "b6a8f2",
        "change": {"after_unknown": {"kms_key_name": True}},
    }
    document["resource_changes"].append(deposed)
    assert verdict(document, "topic-cmek") is Verdict.PASSED


@pytest.mark.parametrize("regions", [[], ["europe-west3"], None])
def test_items_known_only_after_apply_are_unproven(regions: list[str] | None) -> None:
    policy = {"allowed_persistence_regions": regions, "enforce_in_transit": True}
    marks = {"message_storage_policy": [{"allowed_persistence_regions": [False, True]}]}
    document = one(TOPIC, {"message_storage_policy": [policy]}, after_unknown=marks)
    assert verdict(document, "topic-storage-policy") is Verdict.UNPROVEN


def test_a_block_that_is_absent_yet_unknown_inside_is_unproven() -> None:
    marks = {"message_storage_policy": [{"allowed_persistence_regions": [True]}]}
    assert verdict(one(TOPIC, {"name": "t"}, after_unknown=marks), "topic-storage-policy") is Verdict.UNPROVEN


def _broken(*path: Any, to: Any) -> bytes:
    document = one(TOPIC, {"name": "t"}, after_unknown={}, actions=["create"])
    expressions = {"name": {"references": [f"{TOPIC}.r"]}}
    document["configuration"] = {
        "root_module": {"resources": [{"address": f"{TOPIC}.r", "expressions": expressions}]}
    }
    holder: Any = document
    for part in path[:-1]:
        holder = holder[part]
    if to is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = to
    return json.dumps(document).encode()


_RESOURCE = ("planned_values", "root_module", "resources", 0)
_CHANGE = ("resource_changes", 0, "change")
_CONFIGURED = ("configuration", "root_module", "resources", 0)


@pytest.mark.parametrize(
    "raw",
    [
        _broken(*_RESOURCE, "address", to=...),
        _broken(*_RESOURCE, "type", to=...),
        _broken(*_RESOURCE, "address", to=5),
        _broken(*_RESOURCE, "type", to=["t"]),
        _broken(*_RESOURCE, "values", to=["v"]),
        _broken(*_RESOURCE, "values", to="v"),
        _broken(*_RESOURCE, to="r"),
        _broken(*_RESOURCE, "sensitive_values", to=True),
        _broken(*_RESOURCE, "sensitive_values", to=[True]),
        _broken(*_CHANGE, "after_unknown", to=True),
        _broken(*_CHANGE, "after_unknown", to=[True]),
        _broken(*_CHANGE, to="x"),
        _broken("resource_changes", 0, "address", to=5),
        _broken("resource_changes", to="x"),
        _broken(*_CONFIGURED, "expressions", to=["e"]),
        _broken(*_CONFIGURED, "expressions", "name", "references", to=5),
        _broken(*_CONFIGURED, "expressions", "name", "references", to=[5]),
        _broken(*_CONFIGURED, "address", to=...),
        _broken(*_CONFIGURED, to=5),
        b'{"format_version": "1.2", "planned_values": ' + b'{"a":' * 100_000,
    ],
)
def test_malformed_pieces_are_refused(raw: bytes) -> None:
    with pytest.raises(StateError, match="is not the output of `terraform show -json`"):
        plan.parse(raw, "p.json")


def test_one_address_twice_is_refused() -> None:
    document = one(TOPIC, {"name": "t"})
    document["planned_values"]["root_module"]["resources"] *= 2
    with pytest.raises(StateError, match=f"names {TOPIC}.r twice"):
        plan.parse(json.dumps(document).encode(), "p.json")
