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
