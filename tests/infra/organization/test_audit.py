from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.organization.audit import AuditConfig, AuditConfigArgs
from infra.organization.parent import Place
from tests.infra.engine import declare

KINDS = [{"logType": "ADMIN_READ"}, {"logType": "DATA_READ"}, {"logType": "DATA_WRITE"}]


@pytest.mark.parametrize(
    ("place", "kind", "on"),
    [
        (Place(organization="111"), "organizations/iamAuditConfig:IamAuditConfig", {"orgId": "111"}),
        (Place(folder="folders/77"), "folder/iamAuditConfig:IamAuditConfig", {"folder": "folders/77"}),
    ],
)
def test_all_services_and_no_exemption(place: Place, kind: str, on: dict[str, str]) -> None:
    found = declare(lambda: AuditConfig("a", AuditConfigArgs(place)) and None)
    (config,) = [each for each in found.resources if each.type == f"gcp:{kind}"]
    assert config.inputs == {**on, "service": "allServices", "auditLogConfigs": KINDS}


def test_projects_have_their_own() -> None:
    with pytest.raises(ConfigError, match="place: 'project' is not allowed; allowed: folder, organization"):
        AuditConfigArgs(Place(project="careplane-cell"))
