from __future__ import annotations

from infra.run.args import WorkloadArgs
from infra.run.service import Service, ServiceArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

WORKLOAD = WorkloadArgs(SITE, "image:1", "sa@p", "key", "net", "sub")


def test_only_its_own_identity_may_look_at_it_and_nobody_is_invited() -> None:
    found = declare(
        lambda: Service("s", ServiceArgs(WORKLOAD, "riverside", "serviceAccount:sa@p", 1, 10)) and None
    )
    assert [each.inputs["role"] for each in found.of("ServiceIamMember")] == ["roles/run.viewer"]
    service = found.one("cloudrunv2/service:Service").inputs
    assert service["invokerIamDisabled"] is True
    assert service["ingress"] == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    assert service["deletionProtection"] is True
    assert service["template"]["vpcAccess"] == {
        "egress": "ALL_TRAFFIC",
        "networkInterfaces": [{"network": "net", "subnetwork": "sub"}],
    }
