from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.organization.policies import Policies, PoliciesArgs
from tests.infra.engine import declare


def policies(args: PoliciesArgs) -> dict[str, dict[str, object]]:
    found = declare(lambda: Policies("p", args) and None).of("Policy")
    return {
        each.inputs["name"]: {key: each.inputs[key] for key in ("spec", "dryRunSpec") if key in each.inputs}
        for each in found
    }


def test_boolean_and_list_constraints() -> None:
    args = PoliciesArgs(
        "folders/1",
        ("sql.restrictPublicIp",),
        {"gcp.resourceLocations": ["in:eu-locations"]},
        {"gcp.restrictNonCmekServices": ["is:storage.googleapis.com"]},
        ("compute.vmExternalIpAccess",),
    )
    assert policies(args) == {
        "folders/1/policies/gcp.resourceLocations": {
            "spec": {"rules": [{"values": {"allowedValues": ["in:eu-locations"]}}]}
        },
        "folders/1/policies/sql.restrictPublicIp": {"spec": {"rules": [{"enforce": "TRUE"}]}},
        "folders/1/policies/gcp.restrictNonCmekServices": {
            "spec": {"rules": [{"values": {"deniedValues": ["is:storage.googleapis.com"]}}]}
        },
        "folders/1/policies/compute.vmExternalIpAccess": {"spec": {"rules": [{"denyAll": "TRUE"}]}},
    }


def test_rehearsed_and_not_enforced() -> None:
    constraints = ("custom.careplaneSqlTls", "iam.disableServiceAccountKeyCreation")
    args = PoliciesArgs("folders/1", constraints, dry_run=("custom.careplaneSqlTls",))
    found = policies(args)
    rules = {"rules": [{"enforce": "TRUE"}]}
    assert found["folders/1/policies/custom.careplaneSqlTls"] == {"dryRunSpec": rules}
    assert found["folders/1/policies/iam.disableServiceAccountKeyCreation"] == {"spec": rules}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"enforced": ("a.b",), "deny_all": ("a.b",)}, "constraint: 'a.b' is not allowed; allowed: one kind"),
        ({"allowed": {"a.b": []}}, "a.b: nothing was given; allowed: at least one value"),
        ({"enforced": ("a.b",), "dry_run": ("c.d",)}, "dry_run: 'c.d' is not allowed; allowed: a.b"),
        (
            {"enforced": ("sql.restrictPublicIp",), "dry_run": ("sql.restrictPublicIp",)},
            "dry_run: 'sql.restrictPublicIp' is not allowed; allowed: .*gcp.restrictServiceUsage",
        ),
    ],
)
def test_refused(options: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        PoliciesArgs("folders/1", **options)  # type: ignore[arg-type]
