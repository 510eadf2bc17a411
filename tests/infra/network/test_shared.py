from __future__ import annotations

from infra.network.shared import SharedArgs, SharedNetwork
from infra.organization.project import Project, ProjectArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_cloud_run_of_a_guest_waits_until_it_is_attached() -> None:
    def program() -> None:
        guest = Project("guest", ProjectArgs("careplane-riverside", ("run",), ("run",)))
        SharedNetwork("s", SharedArgs(SITE, "run", {"riverside": guest}))

    found = declare(program)
    grant = found.one("SubnetworkIAMMember")
    assert grant.inputs["role"] == "roles/compute.networkUser"
    assert "gcp:compute/sharedVPCServiceProject:SharedVPCServiceProject::s-riverside" in found.before(grant)
