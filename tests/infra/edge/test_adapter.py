from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.edge.adapter import Adapter, AdapterArgs
from infra.errors import ConfigError
from tests.infra.edge.adapters import ADAPTER
from tests.infra.engine import Declared, declare
from tests.infra.sites import SITE


def made(**changes: Any) -> Declared:
    return declare(lambda: Adapter("a", replace(ADAPTER, **changes)) and None)


def test_shielded_encrypted_without_an_external_address_or_ssh_keys() -> None:
    template = made().one("RegionInstanceTemplate").inputs
    assert all(template["shieldedInstanceConfig"].values())
    assert template["disks"][0]["diskEncryptionKey"] == {"kmsKeySelfLink": "key"}
    assert template["networkInterfaces"] == [{"subnetwork": "mllp", "subnetworkProject": "careplane-cell"}]
    assert template["metadata"]["block-project-ssh-keys"] == "true"
    assert template["metadata"]["serial-port-enable"] == "false"


def test_an_identity_of_its_own() -> None:
    found = made()
    email = "mllp-adapter@careplane-cell.iam.gserviceaccount.com"
    assert found.one("RegionInstanceTemplate").inputs["serviceAccount"]["email"] == email
    roles = {each.inputs["role"] for each in found.of("IAMMember")}
    assert roles == {"roles/logging.logWriter", "roles/monitoring.metricWriter"}


def test_heals_itself_and_replaces_one_after_another() -> None:
    found = made()
    group = found.one("RegionInstanceGroupManager").inputs
    assert group["targetSize"] == 2 and group["region"] == "europe-west3"
    assert group["autoHealingPolicies"]["healthCheck"] == "a"
    assert group["updatePolicy"]["maxUnavailableFixed"] == 0
    check = found.one("HealthCheck").inputs
    assert check["tcpHealthCheck"] == {"port": 2575} and "sourceRegions" not in check


def test_a_new_content_has_a_new_name() -> None:
    def name(**changes: Any) -> str:
        return str(made(**changes).one("RegionInstanceTemplate").inputs["name"])

    assert name() == name()
    others = [name(machine_type="e2-medium"), name(environment={"A": "1"}), name(key="other")]
    assert len({name(), *others}) == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"image": "registry/mllp:latest"},
        {"instances": 0},
        {"disk_gb": 5},
        {"name": "M"},
        {"name": "a" * 23},
    ],
)
def test_arguments_that_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="adapter"):
        AdapterArgs(**{"site": SITE, "image": ADAPTER.image, "key": "key", "subnetwork": "mllp", **changes})
