from __future__ import annotations

from infra.organization.policies import Policies, PoliciesArgs
from tests.infra.engine import declare


def test_boolean_and_list_constraints() -> None:
    args = PoliciesArgs(
        "folders/1", ("sql.restrictPublicIp",), {"gcp.resourceLocations": ["in:eu-locations"]}
    )
    found = {
        each.inputs["name"]: each.inputs["spec"]["rules"]
        for each in declare(lambda: Policies("p", args) and None).of("Policy")
    }
    assert found == {
        "folders/1/policies/gcp.resourceLocations": [{"values": {"allowedValues": ["in:eu-locations"]}}],
        "folders/1/policies/sql.restrictPublicIp": [{"enforce": "TRUE"}],
    }
