from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ConfigError
from infra.identity.federation import REPOSITORY, Federation, FederationArgs, Impersonation
from tests.infra.engine import declare

ARGS = FederationArgs("careplane-cell", "ci", "https://ci.example.org", "assertion.ref == 'main'")
ACCOUNT = "projects/careplane-cell/serviceAccounts/deployer@careplane-cell.iam.gserviceaccount.com"
POOL = "iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/ci"


def test_tokens_need_the_condition() -> None:
    found = declare(lambda: Federation("f", ARGS) and None)
    provider = found.one("WorkloadIdentityPoolProvider").inputs
    assert provider["attributeCondition"] == "assertion.ref == 'main'"
    assert provider["attributeMapping"] == {"google.subject": "assertion.sub"}
    assert provider["oidc"] == {"issuerUri": "https://ci.example.org"}
    assert not found.of("IAMMember")


def test_one_repository_acts_as_one_account() -> None:
    deployer = Impersonation(ACCOUNT, "attribute.repository", "example/careplane")
    args = replace(ARGS, mapping=REPOSITORY, impersonations={"deployer": deployer})
    found = declare(lambda: Federation("f", args) and None)
    assert found.one("WorkloadIdentityPoolProvider").inputs["attributeMapping"] == REPOSITORY
    assert found.one("serviceaccount/iAMMember:IAMMember", "f-deployer").inputs == {
        "serviceAccountId": ACCOUNT,
        "role": "roles/iam.workloadIdentityUser",
        "member": f"principalSet://{POOL}/attribute.repository/example/careplane",
    }


@pytest.mark.parametrize(
    ("attribute", "member"),
    [
        ("google.subject", f"principal://{POOL}/subject/release"),
        ("google.groups", f"principalSet://{POOL}/group/release"),
        ("attribute.ref", f"principalSet://{POOL}/attribute.ref/release"),
    ],
)
def test_members_are_written_as_google_does(attribute: str, member: str) -> None:
    found = declare(lambda: {"member": Federation("f", ARGS).member(attribute, "release")})
    assert found.outputs == {"member": member}


@pytest.mark.parametrize(
    "condition", ["", " ", "true", "1 == 1", "true || assertion.ref == 'main'", "(true)"]
)
def test_a_condition_that_everybody_meets(condition: str) -> None:
    with pytest.raises(ConfigError, match=r"condition: .*allowed: a CEL expression over claims"):
        replace(ARGS, condition=condition)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"issuer": "http://ci.example.org"}, "issuer: .* allowed: an https:// address"),
        ({"mapping": {}}, "mapping: nothing was given"),
        ({"mapping": {"google.subject": "assertion.sub", "ref": "assertion.ref"}}, "mapping: 'ref'"),
        (
            {"impersonations": {"d": Impersonation(ACCOUNT, "attribute.repository", "example/careplane")}},
            "impersonations: d: 'attribute.repository' is not allowed; allowed: google.subject",
        ),
    ],
)
def test_refused(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        replace(ARGS, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["", "*", "example/*"])
def test_everybody_acts_as_no_account(value: str) -> None:
    with pytest.raises(ConfigError, match="allowed: one value"):
        Impersonation(ACCOUNT, "attribute.repository", value)
