from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.cli.locations import area, home, places
from infra.cli.main import main
from infra.cli.state import load, read
from infra.errors import ConfigError
from infra.jurisdiction import jurisdiction
from tests.infra.cli.states import exported, resource
from tests.shared_data import shared


def found(kind: str, **properties: Any) -> set[tuple[str, str, str]]:
    state = read(exported(resource(kind, "it", properties)), "given")
    return {(each.property, each.location, each.inside) for each in places(state, jurisdiction("de"))}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"location": "EUROPE-WEST3"}, ("location", "europe-west3", "yes")),
        ({"region": "us-east4"}, ("region", "us-east4", "no")),
        ({"location": "EU"}, ("location", "eu", "no")),
        ({"location": "global"}, ("location", "global", "global")),
        ({"zone": "europe-west3-b"}, ("zone", "europe-west3", "yes")),
        (
            {"messageStoragePolicy": {"allowedPersistenceRegions": ["europe-west1"]}},
            ("messageStoragePolicy.allowedPersistenceRegions", "europe-west1", "no"),
        ),
        (
            {"replication": {"userManaged": {"replicas": [{"location": "us-west1"}]}}},
            ("replication.userManaged.replicas.location", "us-west1", "no"),
        ),
        (
            {"settings": {"backupConfiguration": {"location": "us"}}},
            ("settings.backupConfiguration.location", "us", "no"),
        ),
        (
            {"customPlacementConfig": {"dataLocations": ["EUROPE-WEST4"]}},
            ("customPlacementConfig.dataLocations", "europe-west4", "no"),
        ),
        (
            {"kmsKeyName": "projects/p/locations/us-east1/keyRings/r/cryptoKeys/k"},
            ("kmsKeyName", "us-east1", "no"),
        ),
        (
            {"network": "https://www.googleapis.com/compute/v1/projects/p/zones/us-east1-b/x"},
            ("network", "us-east1-b", "no"),
        ),
        (
            {"spec": {"rules": [{"values": {"allowedValues": ["in:us-locations"]}}]}},
            ("spec.rules.values.allowedValues", "us", "no"),
        ),
    ],
)
def test_where_locations_hide(properties: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert found("gcp:x/y:Y", **properties) == {expected}


def test_what_is_no_location_is_none() -> None:
    assert (
        found("gcp:x/y:Y", labels={"cell": "frankfurt"}, name="zones", path="/locations/of/things") == set()
    )


def test_a_location_that_google_chose_counts() -> None:
    given = resource("gcp:x/y:Y", "it")
    given["outputs"] = {"region": "us-east4"}
    made = places(read(exported(given), "f"), jurisdiction("eu"))
    assert [(each.property, each.inside) for each in made] == [("region", "no")]


def test_home_of_what_has_no_location_of_its_own() -> None:
    ring = "projects/p/locations/europe-west3/keyRings/r"
    state = read(
        exported(resource("gcp:kms/cryptoKey:CryptoKey", "k", {"keyRing": ring}), resource("gcp:x/y:Y", "n")),
        "f",
    )
    assert [home(each, state) for each in state.google] == ["europe-west3", ""]


def test_the_jurisdiction_comes_from_the_outputs_or_is_asked_for() -> None:
    assert area(read(exported(outputs={"jurisdiction": "de"}), "f"), None).name == "de"
    assert area(read(exported(outputs={"jurisdiction": "de"}), "f"), "eu").name == "eu"
    with pytest.raises(ConfigError, match="--jurisdiction: nothing was given"):
        area(read(exported(), "f"), None)
    with pytest.raises(ConfigError, match="allowed: ch"):
        area(read(exported(), "f"), "moon")


def test_a_real_state_lies_inside() -> None:
    state = load(shared("gcp/official-provider/state.json"))
    made = places(state, jurisdiction("eu"))
    assert {each.inside for each in made} <= {"yes", "global"}
    kinds = {each.type for each in made}
    assert {"gcp:sql/databaseInstance:DatabaseInstance", "gcp:pubsub/topic:Topic"} <= kinds


@pytest.mark.parametrize(("region", "code"), [("europe-west3", 0), ("us-east4", 1)])
def test_the_command_is_one_where_something_lies_outside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], region: str, code: int
) -> None:
    path = tmp_path / "s.json"
    given = exported(resource("gcp:kms/keyRing:KeyRing", "r|ing", {"location": region}))
    path.write_text(json.dumps(given))
    assert main(["residency", "--state", str(path), "--jurisdiction", "eu"]) == code
    inside = "**no**" if code else "yes"
    assert (
        f"| r\\|ing | gcp:kms/keyRing:KeyRing | location | {region} | {inside} |" in capsys.readouterr().out
    )
    assert main(["residency", "--state", str(path), "--jurisdiction", "eu", "--json"]) == code
    assert json.loads(capsys.readouterr().out)["places"][0]["location"] == region
