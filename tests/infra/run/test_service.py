from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.run.args import WorkloadArgs
from infra.run.secret import SecretRef
from infra.run.service import Service, ServiceArgs
from infra.run.traffic import Share
from tests.infra.engine import declare
from tests.infra.sites import SITE

WORKLOAD = WorkloadArgs(SITE, "image:1", "sa@p", "key", "net", "sub")
ARGS = ServiceArgs(WORKLOAD, "riverside", "serviceAccount:sa@p", 1, 10)


def service(args: ServiceArgs = ARGS) -> dict[str, Any]:
    return declare(lambda: Service("s", args) and None).one("cloudrunv2/service:Service").inputs


def test_only_its_own_identity_may_look_at_it_and_nobody_is_invited() -> None:
    found = declare(lambda: Service("s", ARGS) and None)
    assert [each.inputs["role"] for each in found.of("ServiceIamMember")] == ["roles/run.viewer"]
    made = found.one("cloudrunv2/service:Service").inputs
    assert made["invokerIamDisabled"] is True
    assert made["ingress"] == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    assert made["deletionProtection"] is True
    assert made["template"]["vpcAccess"] == {
        "egress": "ALL_TRAFFIC",
        "networkInterfaces": [{"network": "net", "subnetwork": "sub"}],
    }


def test_what_nobody_asked_for_is_not_sent() -> None:
    made = service()
    assert not {"revision", "volumes", "executionEnvironment", "sessionAffinity"} & made["template"].keys()
    assert made["traffics"] == [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}]
    container = made["template"]["containers"][0]
    assert "volumeMounts" not in container
    assert container["startupProbe"]["failureThreshold"] == 30
    assert container["resources"]["cpuIdle"] is False


def test_the_projects_policy_is_asked_unless_none_is_to_be() -> None:
    assert service()["binaryAuthorization"] == {"useDefault": True}
    unasked = replace(ARGS, workload=replace(WORKLOAD, binary_authorization=None))
    assert "binaryAuthorization" not in service(unasked)


def test_green_stands_beside_blue_with_its_secrets_by_reference() -> None:
    secret = SecretRef("projects/p/secrets/riverside-tls", "2")
    workload = replace(WORKLOAD, files={"/secrets/tls/key.pem": secret})
    split = {"riverside-blue": Share(100), "riverside-green": Share(0, "green")}
    made = service(replace(ARGS, workload=workload, revision="riverside-green", traffic=split))
    assert made["template"]["revision"] == "riverside-green"
    assert [each["percent"] for each in made["traffics"]] == [100, 0]
    assert made["binaryAuthorization"] == {"useDefault": True}
    assert made["template"]["volumes"][0]["secret"]["secret"] == "projects/p/secrets/riverside-tls"
    assert made["template"]["containers"][0]["volumeMounts"] == [
        {"name": "secrets-tls", "mountPath": "/secrets/tls"}
    ]


def test_a_standby_waits_at_no_cost_and_serving_is_only_a_change_of_scale() -> None:
    serving, waiting = service(), service(replace(ARGS, standby=True))
    assert waiting["template"]["scaling"] == {"minInstanceCount": 0, "maxInstanceCount": 10}
    assert waiting["template"]["containers"][0]["resources"]["cpuIdle"] is True
    waiting["template"]["scaling"] = serving["template"]["scaling"]
    waiting["template"]["containers"][0]["resources"]["cpuIdle"] = False
    assert waiting == serving


def test_shares_that_do_not_make_a_hundred_are_refused() -> None:
    with pytest.raises(ConfigError, match="traffic: '60 % in all'"):
        replace(ARGS, traffic={"latest": Share(60)})


def test_more_instances_at_least_than_at_most_are_refused() -> None:
    with pytest.raises(ConfigError, match="min_instances: 11 is not allowed; allowed: 0 to 10"):
        replace(ARGS, min_instances=11)


def test_an_unknown_execution_environment_is_refused() -> None:
    with pytest.raises(ConfigError, match="allowed: EXECUTION_ENVIRONMENT_GEN1, EXECUTION_ENVIRONMENT_GEN2"):
        replace(ARGS, execution_environment="gen3")
