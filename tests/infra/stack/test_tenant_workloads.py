from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from tests.infra.engine import Declared, Resource
from tests.infra.stack.parts import again, names, tenant_config

FIRST, SECOND = "us-tenant-riverside", "us-tenant-riverside-2"
STATEFUL = (
    "Bucket",
    "CryptoKey",
    "DatabaseInstance",
    "FhirStore",
    "KeyRing",
    "Secret",
    "healthcare/dataset:Dataset",
)


def service(found: Declared) -> dict[str, Any]:
    return found.one("cloudrunv2/service:Service").inputs


def environment(workload: Resource) -> dict[str, str]:
    template = workload.inputs["template"]
    container = template.get("template", template)["containers"][0]
    return {each["name"]: each["value"] for each in container["envs"]}


@pytest.fixture(scope="module")
def promoted(us: dict[str, Declared]) -> Declared:
    return again(us, SECOND, promoted="true", active="true")


def test_a_standby_waits_for_requests_and_costs_nothing_until_then(us: dict[str, Declared]) -> None:
    template = service(us[SECOND])["template"]
    assert template["scaling"]["minInstanceCount"] == 0
    assert template["containers"][0]["resources"]["cpuIdle"] is True
    assert us[SECOND].outputs["active"] is False
    assert service(us[FIRST])["template"]["scaling"]["minInstanceCount"] == 1


def test_nothing_is_granted_or_migrated_in_a_copy(us: dict[str, Declared], promoted: Declared) -> None:
    for job in ("grants", "migrate"):
        assert us[FIRST].one("Job", job).inputs["runExecutionToken"]
        assert "runExecutionToken" not in us[SECOND].one("Job", job).inputs
        assert promoted.one("Job", job).inputs["runExecutionToken"]


def test_both_sites_tell_the_runtime_the_same_but_for_where_it_is(us: dict[str, Declared]) -> None:
    one, other = (environment(us[name].one("cloudrunv2/service:Service")) for name in (FIRST, SECOND))
    assert set(one) == set(other)
    differing = {key for key in one if one[key] != other[key]}
    assert "CAREPLANE_LOCATION" in differing
    same = {"BASE_URL", "BLIND_INDEX_SECRET", "DATABASE", "DATABASE_USER", "FIELD_KEY", "TENANT", "TOKEN_KEY"}
    assert not {f"CAREPLANE_{each}" for each in same} & differing


def test_promotion_changes_what_runs_and_replaces_nothing(
    us: dict[str, Declared], promoted: Declared
) -> None:
    before = us[SECOND]
    assert names(before) < names(promoted)
    added = {each.split("::")[1] for each in names(promoted) - names(before)}
    assert added == {"uptime"}
    for kind in STATEFUL:
        for old in before.of(kind):
            new = promoted.one(kind, old.name)
            changed = {
                key for key in {*old.inputs, *new.inputs} if old.inputs.get(key) != new.inputs.get(key)
            }
            promotes = (
                {"instanceType", "masterInstanceName", "settings"} if kind == "DatabaseInstance" else set()
            )
            assert changed == promotes, old.name
    assert service(promoted)["template"]["scaling"]["minInstanceCount"] == 1
    assert promoted.outputs["active"] is True


def test_a_pooled_tenant_follows_its_cell(us: dict[str, Declared]) -> None:
    found = us["us-tenant-lakeside-2"]
    assert not found.of("DatabaseInstance") and not found.of("sql/database:Database")
    assert found.outputs["sqlInstance"] == "pooled-virginia"
    assert found.outputs["database"] == us["us-tenant-lakeside"].outputs["database"]


def test_blue_and_green_share_the_requests(us: dict[str, Declared]) -> None:
    traffic = {"riverside-blue": 90, "riverside-green": 10}
    found = service(again(us, FIRST, revision="green", traffic=traffic))
    assert found["template"]["revision"] == "riverside-green"
    assert [(each["revision"], each["percent"]) for each in found["traffics"]] == list(traffic.items())


def test_a_revision_without_requests_keeps_an_address(us: dict[str, Declared]) -> None:
    found = service(again(us, FIRST, revision="green", traffic={"riverside-blue": 100, "riverside-green": 0}))
    assert [each.get("tag") for each in found["traffics"]] == [None, "riverside-green"]


def test_all_requests_go_to_the_latest_unless_said_otherwise(us: dict[str, Declared]) -> None:
    (only,) = service(us[FIRST])["traffics"]
    assert only["percent"] == 100 and only["type"].endswith("LATEST")
    assert "revision" not in service(us[FIRST])["template"]


def test_a_read_only_tenant_tells_its_service_and_its_jobs(us: dict[str, Declared]) -> None:
    key = "CAREPLANE_READ_ONLY"
    before, found = us[FIRST], again(us, FIRST, readOnly="true")
    assert names(found) == names(before)
    for workload in (found.one("cloudrunv2/service:Service"), found.one("Job", "admin")):
        assert environment(workload)[key] == "true"
    assert key not in environment(before.one("cloudrunv2/service:Service"))
    assert found.one("Job", "grants").inputs == before.one("Job", "grants").inputs
    old, new = (each.one("Job", "migrate").inputs["runExecutionToken"] for each in (before, found))
    assert old == new, "nothing is migrated for it"


def test_the_identity_of_a_read_only_tenant_may_not_write_records_or_documents(
    us: dict[str, Declared],
) -> None:
    before, found = us[FIRST], again(us, FIRST, readOnly="true")

    def roles(declared: Declared) -> list[str]:
        grants = declared.one("FhirStoreIamMember", "records-editor"), declared.one("BucketIAMMember")
        return [each.inputs["role"] for each in grants]

    assert roles(before) == ["roles/healthcare.fhirResourceEditor", "roles/storage.objectUser"]
    assert roles(found) == ["roles/healthcare.fhirResourceReader", "roles/storage.objectViewer"]
    audit = "FhirStoreIamMember", "audit-writer"
    assert found.one(*audit).inputs == before.one(*audit).inputs, "reads are still audited"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"traffic": {"riverside-blue": 90}}, "careplane:traffic"),
        ({"traffic": {"riverside-blue": 110, "riverside-green": -10}}, "careplane:traffic"),
        ({"traffic": {"riverside-blue": "all"}}, "careplane:traffic"),
        ({"minInstances": 1000}, "careplane:minInstances"),
        ({"promoted": "soon"}, "careplane:promoted"),
        ({"readOnly": "yes"}, "careplane:readOnly"),
        ({"recoversFrom": "us-tenant-lakeside"}, "careplane:recoversFrom"),
    ],
)
def test_configuration_that_is_refused(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        tenant_config(FIRST, **changes)


def test_a_revision_of_another_service(us: dict[str, Declared]) -> None:
    with pytest.raises(ConfigError, match="revision"):
        again(us, FIRST, traffic={"lakeside-blue": 100})
