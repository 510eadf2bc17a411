"""Alert policies, channels and objectives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.api import Reply
from localcloud.cloud import Cloud
from tests.localcloud.harness import PROJECT, make_cloud, request

POLICY = {
    "displayName": "errors",
    "combiner": "OR",
    "conditions": [{"displayName": "many", "conditionThreshold": {"filter": 'metric.type="x"'}}],
}


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return make_cloud(tmp_path)


def monitoring(cloud: Cloud, verb: str, path: str, body: Any = None, **query: str) -> Reply:
    return request(cloud, "monitoring", verb, f"/v3/projects/{PROJECT}/{path}", body, query=query)


def test_a_policy_gets_an_id_records_and_named_conditions(cloud: Cloud) -> None:
    made = monitoring(cloud, "POST", "alertPolicies", {**POLICY, "name": "chosen"}).body
    number = made["name"].rpartition("/")[2]
    assert made["name"] == f"projects/{PROJECT}/alertPolicies/{number}" and number.isdigit()
    assert made["conditions"][0]["name"] == f"{made['name']}/conditions/1"
    assert made["enabled"] and made["creationRecord"]["mutateTime"]
    path = f"alertPolicies/{number}"
    off = monitoring(cloud, "PATCH", path, {"enabled": False}, updateMask="enabled").body
    assert not off["enabled"] and off["creationRecord"] == made["creationRecord"]
    assert [one["name"] for one in monitoring(cloud, "GET", "alertPolicies").body["alertPolicies"]] == [
        made["name"]
    ]
    assert monitoring(cloud, "DELETE", path).status == 200
    assert monitoring(cloud, "GET", path).status == 404


def test_a_policy_names_channels_that_exist(cloud: Cloud) -> None:
    channel = monitoring(
        cloud, "POST", "notificationChannels", {"type": "email", "labels": {"email_address": "a@b.c"}}
    ).body
    assert channel["enabled"]
    known = {**POLICY, "notificationChannels": [channel["name"]]}
    assert monitoring(cloud, "POST", "alertPolicies", known).status == 200
    unknown = f"projects/{PROJECT}/notificationChannels/1"
    refused = monitoring(cloud, "POST", "alertPolicies", {**POLICY, "notificationChannels": [unknown]})
    assert refused.status == 400 and unknown in refused.body["error"]["message"]


@pytest.mark.parametrize("goal", [0, 1, -0.5, 0.99995, "much", None])
def test_an_objective_needs_a_goal_below_certainty(cloud: Cloud, goal: Any) -> None:
    service = monitoring(cloud, "POST", "services", {"custom": {}}, serviceId="fhir")
    assert service.body["name"].endswith("/services/fhir")
    path = "services/fhir/serviceLevelObjectives"
    refused = monitoring(cloud, "POST", path, {"goal": goal, "rollingPeriod": "2592000s"})
    assert refused.status == 400 and "goal" in refused.body["error"]["message"]
    kept = monitoring(cloud, "POST", path, {"goal": 0.999, "rollingPeriod": "2592000s"})
    assert kept.body["goal"] == 0.999


def test_a_body_of_a_wrong_type_is_refused(cloud: Cloud) -> None:
    refused = monitoring(cloud, "POST", "alertPolicies", {**POLICY, "conditions": "none"})
    assert refused.status == 400 and "'conditions'" in refused.body["error"]["message"]
