from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.cli import charges, cost, prices
from infra.cli.cost import Estimate, Line
from infra.cli.main import main
from infra.cli.state import State, load, read
from infra.errors import ConfigError
from tests.infra.cli.states import exported, resource
from tests.shared_data import shared

US = {"location": "us-central1"}
KEY = "gcp:kms/cryptoKey:CryptoKey"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"
RUN = "gcp:cloudrunv2/service:Service"


def state(*resources: dict[str, Any]) -> State:
    return read(exported(*resources), "given")


def estimate(kind: str, **properties: Any) -> Estimate:
    return cost.estimate(state(resource(kind, "it", properties)), prices.load())


def lines(kind: str, **properties: Any) -> dict[str, Line]:
    found = estimate(kind, **properties)
    assert not found.unpriced, found.unpriced
    return {line.why: line for line in found.lines}


def test_every_rule_names_a_price_and_every_price_is_used() -> None:
    table = prices.load()
    source = Path(charges.__file__).read_text()
    assert [
        key for key in table.prices if f'"{key}"' not in source and not key.startswith(("sql.", "run."))
    ] == []
    known = {rule for rule in charges.RULES if table.is_free(rule)}
    assert known == set(), "a type is either charged or free"


@pytest.mark.parametrize(
    ("level", "algorithm", "amount"),
    [
        ("HSM", "GOOGLE_SYMMETRIC_ENCRYPTION", 1.0),
        ("HSM", "EC_SIGN_P256_SHA256", 2.5),
        ("HSM", "RSA_SIGN_PSS_4096_SHA512", 2.5),
        ("HSM", "RSA_SIGN_PSS_2048_SHA256", 1.0),
        ("SOFTWARE", "GOOGLE_SYMMETRIC_ENCRYPTION", 0.06),
        ("EXTERNAL_VPC", "EXTERNAL_SYMMETRIC_ENCRYPTION", 3.0),
    ],
)
def test_keys_by_level_and_algorithm(level: str, algorithm: str, amount: float) -> None:
    found = estimate(KEY, versionTemplate={"protectionLevel": level, "algorithm": algorithm})
    assert found.total == amount


def test_a_rotating_keys_versions_are_an_assumption() -> None:
    template = {"protectionLevel": "HSM", "algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION"}
    given = state(resource(KEY, "k", {"versionTemplate": template, "rotationPeriod": "7776000s"}))
    found = cost.estimate(given, prices.load().using({"key_versions": 5}))
    assert (found.total, found.assumed) == (5.0, 5.0)


def sql(**settings: Any) -> dict[str, Any]:
    return {"region": "us-central1", "settings": {"tier": "db-custom-2-8192", "diskSize": 100, **settings}}


def test_a_regional_instance_is_two_machines_and_two_disks() -> None:
    zonal, regional = estimate(SQL, **sql()), estimate(SQL, **sql(availabilityType="REGIONAL"))
    assert zonal.total == pytest.approx(2 * 0.0413 * 730 + 8 * 0.0070 * 730 + 100 * 0.17, abs=0.01)
    assert regional.total == pytest.approx(2 * zonal.total, abs=0.02)
    assert zonal.assumed == 0


def test_tier_and_edition_decide_the_machine() -> None:
    found = lines(SQL, **sql(tier="db-perf-optimized-N-4", edition="ENTERPRISE_PLUS"))
    memory = found["db-perf-optimized-N-4, ZONAL: memory"]
    assert memory.quantity == 32 * 730
    assert memory.price == 0.0091


def test_backups_count_where_they_are_on() -> None:
    assert "backups and logs" in lines(SQL, **sql(backupConfiguration={"enabled": True}))
    assert "backups and logs" not in lines(SQL, **sql(backupConfiguration={"enabled": False}))


def run(least: int, idle: bool, region: str = "europe-west3") -> Estimate:
    container = {"resources": {"cpuIdle": idle, "limits": {"cpu": "1", "memory": "512Mi"}}}
    return estimate(
        RUN, location=region, template={"scaling": {"minInstanceCount": least}, "containers": [container]}
    )


def test_warm_instances_cost_and_cold_ones_do_not() -> None:
    seconds = 730 * 3600
    assert run(0, True).total == 0
    assert [line.why for line in run(0, True).lines] == ["requests"]
    assert run(2, True).total == pytest.approx(2 * seconds * (0.0000035 + 0.5 * 0.0000035), abs=0.01)
    assert run(1, False).total > run(1, True).total
    assert run(1, True, "us-central1").total < run(1, True).total


def test_retention_is_counted_at_its_fullest() -> None:
    kind = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
    short, long = estimate(kind, retentionDays=30, **US), estimate(kind, retentionDays=30 + 365, **US)
    assert long.total - short.total == pytest.approx(20 * 12 * 0.01)


@pytest.mark.parametrize(
    ("kind", "properties", "total"),
    [
        ("gcp:secretmanager/secret:Secret", {"replication": {"userManaged": {"replicas": [{}, {}]}}}, 0.12),
        ("gcp:compute/securityPolicy:SecurityPolicy", {"rules": [{}, {}, {}]}, 8.0),
        ("gcp:compute/globalForwardingRule:GlobalForwardingRule", {}, 18.25),
        ("gcp:compute/routerNat:RouterNat", {"region": "us-central1"}, 4.67),
        ("gcp:dns/managedZone:ManagedZone", {}, 0.2),
        ("gcp:storage/bucket:Bucket", {"location": "EU"}, 1.3),
        ("gcp:storage/bucket:Bucket", {"location": "EUROPE-WEST3"}, 1.15),
        ("gcp:healthcare/fhirStore:FhirStore", {}, 4.8),
        (
            "gcp:redis/instance:Instance",
            {"region": "us-east4", "memorySizeGb": 1, "tier": "STANDARD_HA"},
            46.72,
        ),
        ("gcp:monitoring/alertPolicy:AlertPolicy", {"conditions": [{}, {}]}, 0.2),
        ("gcp:pubsub/topic:Topic", {}, 0),
    ],
)
def test_other_types(kind: str, properties: dict[str, Any], total: float) -> None:
    found = estimate(kind, **properties)
    assert found.total == pytest.approx(total, abs=0.01)
    assert found.lines and not found.unpriced


@pytest.mark.parametrize(
    ("kind", "properties", "why"),
    [
        ("gcp:bigtable/instance:Instance", {}, "no rule for this type"),
        (SQL, {"region": "us-central1", "settings": {"tier": "db-f1-micro"}}, "tier db-f1-micro"),
        (
            SQL,
            {"region": "moon-east1", "settings": {"tier": "db-custom-1-3840"}},
            "no price of sql.enterprise.cpu in moon-east1",
        ),
        ("gcp:redis/instance:Instance", {"region": "us-east4", "memorySizeGb": 100}, "memorySizeGb 100"),
        (
            "gcp:storage/bucket:Bucket",
            {"location": "EU", "customPlacementConfig": {"dataLocations": []}},
            "dual-region",
        ),
    ],
)
def test_what_has_no_price_is_named_and_not_zero(kind: str, properties: dict[str, Any], why: str) -> None:
    found = estimate(kind, **properties)
    assert found.unpriced[0].why == why
    assert not found.lines
    assert "**Unpriced**" in cost.markdown(found) and why in cost.markdown(found)


def test_free_types_are_neither() -> None:
    found = estimate("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", role="r")
    assert not found.lines and not found.unpriced


def test_the_table_says_its_date_and_what_is_assumed() -> None:
    text = cost.markdown(estimate("gcp:healthcare/fhirStore:FhirStore"))
    assert f"List prices of {prices.load().date}" in text
    assert "| healthcare | it | structured storage | ~20 | 0.24 a GiB-month | 4.80 |" in text
    assert "- healthcare, requests: 0.39 a 100,000 standard requests" in text
    assert "fhir_gib=20" in text


def test_every_resource_of_a_real_state_is_accounted_for() -> None:
    """82 resources as the official provider stores them."""
    found = load(shared("gcp/official-provider/state.json"))
    table = prices.load()
    made = cost.estimate(found, table)
    seen = {(line.type, line.resource) for line in made.lines} | {
        (each.type, each.resource) for each in made.unpriced
    }
    free = {(each.type, each.name) for each in found.google if table.is_free(each.type)}
    assert seen | free == {(each.type, each.name) for each in found.google}
    assert {each.type for each in made.unpriced} == {"gcp:redis/instance:Instance"}


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(exported(resource("gcp:healthcare/fhirStore:FhirStore", "ehr"))))
    assert main(["cost", "--state", str(path), "--json", "--usage", "fhir_gib=100"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["total"], said["assumed"], said["currency"]) == (24.0, 24.0, "USD")
    assert said["usage"]["fhir_gib"] == 100


@pytest.mark.parametrize("usage", ["moon_gib=1", "fhir_gib", "fhir_gib=x", "fhir_gib=-1", "fhir_gib=inf"])
def test_bad_usage_names_the_key(tmp_path: Path, capsys: pytest.CaptureFixture[str], usage: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(exported()))
    assert main(["cost", "--state", str(path), "--usage", usage]) == 2
    assert "infra: --usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("price: 3.00", "price: 0", "prices.kms.external"),
        ("source: https://cloud.google.com/nat/pricing", "source: hearsay", "source"),
        ("currency: USD", "currency: dollars", "currency"),
        ("hours: 730", "hours: 730\nweeks: 4", "weeks"),
    ],
)
def test_a_bad_table_names_file_and_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    text = prices.FILE.read_text()
    assert old in text
    path = tmp_path / "prices.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=r"prices\.yaml: ") as caught:
        prices.load(path)
    assert key in caught.value.key
