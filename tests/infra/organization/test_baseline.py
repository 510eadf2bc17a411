from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from infra.jurisdiction import jurisdiction
from infra.organization import baseline
from infra.organization.baseline import BOOLEAN, LISTS, healthcare
from infra.organization.folder import Folder, FolderArgs
from infra.organization.policies import BASELINE, Policies
from tests.infra.engine import declare

GIVEN: dict[str, Any] = {
    "customers": ("C01abcdef",),
    "key_owners": ("folders/77",),
    "services": ("run.googleapis.com",),
}


def test_every_constraint_serves_a_check_that_exists() -> None:
    assert not set(BOOLEAN) & set(LISTS)
    for constraint, checks in {**BOOLEAN, **LISTS}.items():
        assert checks, constraint
        assert set(checks) <= set(range(1, 92)), constraint


def test_the_short_baseline_is_part_of_the_whole() -> None:
    assert set(BASELINE) <= set(BOOLEAN)


def test_all_of_it_for_one_folder() -> None:
    args = healthcare("folders/77", jurisdiction("de"), **GIVEN)
    assert set(args.rules()) == set(BOOLEAN) | set(LISTS)
    assert args.allowed["gcp.resourceLocations"] == jurisdiction("de").policy_values
    assert args.allowed["gcp.restrictCmekCryptoKeyProjects"] == ["under:folders/77"]
    assert args.allowed["iam.allowedPolicyMemberDomains"] == ["is:C01abcdef"]
    assert args.allowed["run.allowedIngress"] == ["is:internal", "is:internal-and-cloud-load-balancing"]
    assert "is:sqladmin.googleapis.com" in args.denied["gcp.restrictNonCmekServices"]
    assert args.deny_all == ("compute.vmExternalIpAccess",)


def test_domains_are_left_to_a_parent_above() -> None:
    args = healthcare("folders/77", jurisdiction("de"), **{**GIVEN, "customers": ()})
    assert set(args.rules()) == (set(BOOLEAN) | set(LISTS)) - {"iam.allowedPolicyMemberDomains"}


def test_keys_of_a_folder_made_in_the_same_program() -> None:
    def program() -> None:
        folder = Folder("f", FolderArgs("careplane-de", "organizations/111"))
        given = {**GIVEN, "key_owners": (folder.name,)}
        Policies("p", healthcare(folder.name, jurisdiction("de"), **given))

    keys = declare(program).one("Policy", "p-gcp.restrictCmekCryptoKeyProjects").inputs
    assert keys["spec"]["rules"] == [{"values": {"allowedValues": ["under:folders/77"]}}]


def test_the_mappings_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        baseline.IDENTITY["iam.disableServiceAccountKeyCreation"] = ()  # type: ignore[index]


@pytest.mark.parametrize(
    ("key", "given", "named"),
    [
        ("customers", ("example.org",), "customers: 'example.org' is not allowed; allowed: C0xxxxxxx"),
        ("key_owners", (), "key_owners: nothing was given"),
        ("services", (), "services: nothing was given"),
        ("key_owners", ("careplane-cell",), "key_owners: 'careplane-cell'"),
        ("services", ("run",), "services: 'run'"),
    ],
)
def test_refused(key: str, given: tuple[str, ...], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        healthcare("folders/77", jurisdiction("de"), **{**GIVEN, key: given})
