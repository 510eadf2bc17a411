"""Bad input: every error names the key, what was given and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from infra import config
from infra.config import CellConfig, OrganizationConfig, TenantConfig
from infra.errors import ConfigError, InfraError, ResidencyError
from tests.infra.engine import STACKS, Edited

FILES = sorted(STACKS.glob("Pulumi.*.yaml"))


def load(stack: str, **changes: Any) -> config.Config:
    edited = {key.replace("__", ":"): value for key, value in changes.items()}
    return config.load(Edited(STACKS / f"Pulumi.{stack}.yaml", edited))


def refused(key: str, stack: str, **changes: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(stack, **changes)
    assert caught.value.key == key
    assert key in str(caught.value)
    assert caught.value.allowed
    return caught.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_committed_stack_file_is_good(path: Path) -> None:
    assert config.load(config.FileSource(path))


@pytest.mark.parametrize("path", sorted(STACKS.glob("Pulumi.local-*.yaml")), ids=lambda path: path.name)
def test_local_stack_files_carry_their_salt_so_that_git_status_stays_clean(path: Path) -> None:
    assert yaml.safe_load(path.read_text())["encryptionsalt"].startswith("v1:")


def test_unknown_stack_kind() -> None:
    error = refused("careplane:kind", "local-cell", careplane__kind="galaxy")
    assert "cell, foundation, organization, tenant" in str(error)


def test_unknown_profile_lists_the_profiles() -> None:
    error = refused("careplane:profile", "local-cell", careplane__profile="gratis")
    assert error.allowed == "country, private, saas, sovereign-eu"


def test_missing_key_says_that_nothing_was_given() -> None:
    assert "nothing was given" in str(refused("careplane:place", "local-cell", careplane__place=None))


@pytest.mark.parametrize("name", ["Riverside", "river_side", "-a", "a-", "a--b", "9lives", "a" * 21, "", "é"])
def test_tenant_name_that_is_no_dns_label(name: str) -> None:
    refused("careplane:tenant", "local-tenant-riverside", careplane__tenant=name)


@given(st.text(max_size=30))
def test_any_accepted_tenant_name_makes_a_valid_service_account(name: str) -> None:
    try:
        config.tenant_name(name)
    except ConfigError:
        return
    assert 6 <= len(f"tenant-{name}") <= 30
    assert name.isascii() and name == name.lower()


def test_tenant_name_must_be_the_stacks() -> None:
    error = refused("careplane:tenant", "local-tenant-riverside", careplane__tenant="lakeside")
    assert "local-tenant-riverside" in str(error)


def test_location_outside_the_jurisdiction() -> None:
    with pytest.raises(ResidencyError) as caught:
        load("local-cell", gcp__region="us-central1")
    assert caught.value.location == "us-central1"
    assert "europe-west3" in caught.value.allowed
    assert "gcp:region" in str(caught.value)


def test_unknown_jurisdiction() -> None:
    refused("careplane:jurisdiction", "local-cell", careplane__jurisdiction="atlantis")


def test_jurisdiction_that_the_profile_does_not_serve() -> None:
    changes = {
        "careplane__profile": "sovereign-eu",
        "careplane__jurisdiction": "us",
        "gcp__region": "us-central1",
    }
    assert "us" not in refused("careplane:jurisdiction", "local-cell", **changes).allowed


def test_pooled_placement_where_clinical_data_lies_in_sql() -> None:
    error = refused("careplane:placement", "local-tenant-lakeside", careplane__profile="private")
    assert error.allowed == "dedicated"


@pytest.mark.parametrize(
    "url", ["https://cloudkms.googleapis.com/v1/", "http://192.0.2.1/v1/", "http://127.evil.org/"]
)
def test_custom_endpoint_that_is_not_loopback(url: str) -> None:
    error = refused("gcp:kmsCustomEndpoint", "local-cell", gcp__kmsCustomEndpoint=url)
    assert "127.0.0.1" in str(error)


def test_endpoints_elsewhere_are_free() -> None:
    changes = {"careplane__place": "prod", "gcp__kmsCustomEndpoint": "https://kms.example.org/v1/"}
    assert isinstance(load("local-cell", **changes), CellConfig)


def test_ci_without_a_condition_is_refused() -> None:
    refused("careplane:ciCondition", "local-organization", careplane__ciCondition=None)


def test_operators_are_people_and_service_accounts() -> None:
    refused("careplane:operators", "local-organization", careplane__operators=["group:all@example.org"])


def test_lists_come_as_json_from_the_engine() -> None:
    found = load("local-organization", careplane__operators='["user:a@example.org"]')
    assert isinstance(found, OrganizationConfig)
    assert found.operators == ("user:a@example.org",)


@pytest.mark.parametrize("value", ["[", '"riverside"', "[1]"])
def test_a_list_that_is_none(value: str) -> None:
    refused("careplane:dedicatedTenants", "local-cell", careplane__dedicatedTenants=value)


@pytest.mark.parametrize("names", [["riverside", "riverside"], ["cell"]])
def test_dedicated_tenants_are_listed_once_and_none_is_called_cell(names: list[str]) -> None:
    refused("careplane:dedicatedTenants", "local-cell", careplane__dedicatedTenants=names)


def test_a_flag_that_is_neither_true_nor_false() -> None:
    refused("careplane:decommission", "local-cell", careplane__decommission="maybe")


def test_decommission_lifts_protection() -> None:
    before, after = (
        load("local-tenant-riverside"),
        load("local-tenant-riverside", careplane__decommission="true"),
    )
    assert isinstance(before, TenantConfig) and isinstance(after, TenantConfig)
    assert before.protected and not after.protected


def test_project_id() -> None:
    refused("gcp:project", "local-cell", gcp__project="Nope")


def test_every_error_is_one_sentence() -> None:
    with pytest.raises(InfraError) as caught:
        load("local-cell", careplane__kind="galaxy")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("stack", "key", "value", "where"),
    [
        ("local-cell", "domain", "Not A Domain", "careplane:domain"),
        ("local-cell", "contacts", ["nobody"], "careplane:contacts"),
        ("local-cell", "vpns", [{"name": "north"}], "careplane:vpns[0].peers"),
        ("local-cell", "vpns", {"name": "north"}, "careplane:vpns"),
        ("local-cell", "egressExceptions", [{"nome": "x"}], "careplane:egressExceptions[0].nome"),
        ("local-cell", "mllp", {"image": "adapter:latest", "hospitals": {}}, "careplane:mllp.image"),
        ("local-cell", "mllp", "yes", "careplane:mllp"),
        ("local-cell", "monthlyBudget", "much", "careplane:monthlyBudget"),
        ("local-cell", "monthlyBudget", "100", "careplane:billingAccount"),
        ("local-cell", "cache", "perhaps", "careplane:cache"),
        ("local-tenant-lakeside", "minInstances", "-1", "careplane:minInstances"),
        ("local-tenant-lakeside", "minInstances", "11", "careplane:minInstances"),
        ("local-tenant-lakeside", "traffic", {"blue": 60}, "careplane:traffic"),
        ("local-tenant-lakeside", "traffic", {"blue": "100"}, "careplane:traffic"),
        ("local-tenant-lakeside", "recoversFrom", "local-tenant-riverside", "careplane:recoversFrom"),
        ("local-organization", "allowedCustomers", ["example.org"], "careplane:allowedCustomers"),
        ("local-organization", "breakGlassApprovers", None, "careplane:breakGlassApprovers"),
        ("local-organization", "allowedCustomers", None, "careplane:allowedCustomers"),
        ("local-organization", "breakGlass", ["everybody"], "careplane:breakGlass"),
        ("local-foundation", "profile", "gratis", "careplane:profile"),
        ("local-foundation", "jurisdiction", ["eu", "us"], "careplane:jurisdiction"),
        ("local-foundation", "jurisdiction", {"eu": 1}, "careplane:jurisdiction"),
        ("local-tenant-lakeside", "imageTag", "$(id)", "careplane:imageTag"),
        ("local-tenant-lakeside", "imageTag", ["a"], "careplane:imageTag"),
    ],
)
def test_value_that_cannot_be_used(stack: str, key: str, value: Any, where: str) -> None:
    refused(where, stack, **{f"careplane__{key}": value})


def test_lists_and_mappings_come_from_the_engine_as_json() -> None:
    rules = (
        '[{"name": "registry", "ranges": ["192.0.2.0/24"], "ports": [443], "reason": "national registry"}]'
    )
    cell = load("local-cell", careplane__egressExceptions=rules)
    assert isinstance(cell, CellConfig)
    assert cell.egress_exceptions[0]["ports"] == [443]


def test_standby_tenant_scales_to_zero_unless_told_otherwise() -> None:
    def least(**changes: Any) -> int:
        tenant = load("local-tenant-lakeside", **changes)
        assert isinstance(tenant, TenantConfig)
        return tenant.min_instances

    assert least() == 1
    assert least(careplane__active="false") == 0
    assert least(careplane__active="false", careplane__minInstances="2") == 2
    assert least(careplane__minInstances="0") == 0


def test_long_value_is_shown_in_part() -> None:
    error = refused("careplane:placement", "local-tenant-lakeside", careplane__placement="x" * 1_000_000)
    assert len(str(error)) < 400 and "1000002 characters" in str(error)


@pytest.mark.parametrize(
    "content", [b"- a\n", b"config: [1]\n", b"a: [1\n", b"\xff\xfe", b"config:\n  a: \x00\n"]
)
def test_stack_file_that_is_no_mapping_in_yaml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "Pulumi.local-cell.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"Pulumi\.local-cell\.yaml"):
        config.load(config.FileSource(path))


@pytest.mark.parametrize("value", ["../../etc", "$(id)", ["a"], "-1"])
def test_stack_name_that_is_none(value: Any) -> None:
    refused("careplane:organizationStack", "local-cell", careplane__organizationStack=value)


@pytest.mark.parametrize("name", ["north-2", "north-next"])
def test_name_that_another_tenants_second_stack_would_have(name: str) -> None:
    """Found by random tenants: tenant `north-2` and the second site of `north` would be one stack."""
    with pytest.raises(ConfigError, match="does not end in"):
        config.tenant_name(name)
    assert "does not end in" in str(
        refused("careplane:tenant", "local-tenant-lakeside", careplane__tenant=name)
    )


@pytest.mark.parametrize(
    ("stack", "key"),
    [("local-tenant-lakeside", "maxInstances"), ("local-cell", "tenant"), ("local-cell", "domian")],
)
def test_key_that_nothing_reads(stack: str, key: str) -> None:
    error = refused(f"careplane:{key}", stack, **{f"careplane__{key}": "x"})
    assert "a key that a" in error.allowed


def test_misspelt_key_is_told_its_neighbour() -> None:
    assert "did you mean careplane:domain?" in str(
        refused("careplane:domian", "local-cell", careplane__domian="x")
    )


@pytest.mark.parametrize("given", ["maybe", "", "True", "1", 1, 0, "yes", ["true"], {"secure": "x"}])
def test_whose_quota_counts_is_true_or_false(given: Any) -> None:
    error = refused("gcp:userProjectOverride", "local-cell", gcp__userProjectOverride=given)
    assert error.allowed == "false, true"


@pytest.mark.parametrize("given", [None, True, False, "true", "false"])
def test_whose_quota_counts_may_be_left_to_the_provider(given: Any) -> None:
    assert load("local-cell", gcp__userProjectOverride=given)


def test_a_first_site_says_where_its_second_is() -> None:
    alone = load("local-cell", careplane__pairedRegion="europe-west4")
    assert isinstance(alone, CellConfig)
    assert (alone.recoverable, alone.paired_region, alone.locations) == (False, None, ("europe-west3",))
    pair = load("local-cell", careplane__recoverable="true", careplane__pairedRegion="europe-west4")
    assert isinstance(pair, CellConfig)
    assert pair.recoverable and pair.locations == ("europe-west3", "europe-west4")
    second = load("us-cell-2")
    assert isinstance(second, CellConfig) and second.locations == ("us-east4", "us-central1")


@pytest.mark.parametrize("region", [None, "europe-west3"])
def test_a_second_site_is_in_another_region_that_is_named(region: str | None) -> None:
    changes = {"careplane__recoverable": "true", "careplane__pairedRegion": region}
    refused("careplane:pairedRegion", "local-cell", **changes)


def test_a_second_site_has_no_second_site() -> None:
    refused("careplane:recoverable", "us-cell-2", careplane__recoverable="true")
