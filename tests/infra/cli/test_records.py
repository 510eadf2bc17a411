"""Out of one FHIR store, into another, of a running local cloud."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.cli.main import main
from infra.cli.offboard_export import Route
from infra.cli.records import CopyFailed, Digest, Target, differences, digests, export, load
from infra.errors import ConfigError
from tests.localcloud import running
from tests.localcloud.running import RunningCloud

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
PARENT = "/v1beta1/projects/careplane-cell/locations/europe-west3"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    started = running.start(tmp_path_factory.mktemp("records"))
    call(started, "POST", f"{PARENT}/datasets?datasetId=d", {})
    yield started
    started.close()


def call(cloud: RunningCloud, verb: str, path: str, body: Any) -> Any:
    answer = cloud.request("healthcare", verb, path, body)
    assert answer.status_code < 300, answer.text
    return answer.json()


@pytest.fixture
def stores(cloud: RunningCloud, request: pytest.FixtureRequest) -> tuple[str, str]:
    """Addresses of two empty stores of this test."""
    made = []
    for number in "12":
        name = f"s{abs(hash(request.node.name)) % 10**8}-{number}"
        store = {"version": "R4", "enableUpdateCreate": True}
        call(cloud, "POST", f"{PARENT}/datasets/d/fhirStores?fhirStoreId={name}", store)
        made.append(f"{cloud.settings.url('healthcare')}{PARENT}/datasets/d/fhirStores/{name}/fhir")
    return made[0], made[1]


@pytest.fixture
def token(cloud: RunningCloud) -> str:
    file = cloud.settings.home / "operator-token"
    return f"{sys.executable} -c \"print(open('{file}').read())\""


PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Doe"}]}
WEIGHT = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"text": "weight"},
    "subject": {"reference": "Patient/p1"},
    "valueQuantity": {"value": 70.10, "unit": "kg"},
}
A = {"resourceType": "Basic", "id": "a", "code": {"text": "x"}, "subject": {"reference": "Basic/b"}}
B = {**A, "id": "b", "subject": {"reference": "Basic/a"}}


def rows(folder: Path, *resources: dict[str, Any]) -> Path:
    folder.mkdir()
    for each in resources:
        with (folder / f"{each['resourceType']}.ndjson").open("a") as file:
            file.write(json.dumps(each) + "\n")
    return folder


def test_out_and_in_again_is_the_same(stores: tuple[str, str], token: str, tmp_path: Path) -> None:
    old, new = stores
    load(Target(old, token), rows(tmp_path / "made", WEIGHT, PATIENT))
    first = export(Route(old, token), tmp_path / "old")
    assert {kind: each.count for kind, each in first.items()} == {"Observation": 1, "Patient": 1}
    assert load(Target(new, token), tmp_path / "old") == {"Observation": 1, "Patient": 1}
    second = export(Route(new, token), tmp_path / "new")
    assert differences(first, second) == []
    assert load(Target(new, token), tmp_path / "old") == {"Observation": 1, "Patient": 1}


def test_records_that_refer_to_each_other_go_in_together(
    stores: tuple[str, str], token: str, tmp_path: Path
) -> None:
    folder = rows(tmp_path / "circle", A, B)
    assert load(Target(stores[0], token), folder) == {"Basic": 2}
    assert {each.count for each in export(Route(stores[0], token), tmp_path / "out").values()} == {2}


def test_a_record_that_is_refused_is_named(stores: tuple[str, str], token: str, tmp_path: Path) -> None:
    folder = rows(
        tmp_path / "bad",
        PATIENT,
        {"resourceType": "Observation", "id": "o", "subject": {"reference": "Patient/none"}},
    )
    with pytest.raises(CopyFailed, match="Observation/o"):
        load(Target(stores[0], token), folder)


def test_the_commands(
    stores: tuple[str, str], token: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, old = rows(tmp_path / "made", PATIENT, WEIGHT), str(tmp_path / "old")
    reach = ["--url", stores[0], "--token-command", token]
    assert main(["tenant", "records", "import", *reach, "--from", str(made)]) == 0
    assert main(["tenant", "records", "export", *reach, "--out", old]) == 0
    assert "2 records in" in capsys.readouterr().out
    assert main(["tenant", "records", "compare", str(made), old]) == 0
    assert capsys.readouterr().out == "the same 2 records\n"
    (tmp_path / "old" / "Patient.ndjson").write_text(json.dumps({**PATIENT, "active": True}) + "\n")
    assert main(["tenant", "records", "compare", str(made), old, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["differences"] == [
        "Patient: 1 records each, but not the same ones"
    ]


def test_hashes_ignore_order_and_what_the_server_writes_and_nothing_else(tmp_path: Path) -> None:
    other = {**PATIENT, "id": "p2"}
    one = digests(rows(tmp_path / "1", PATIENT, other))
    stamped = {**PATIENT, "meta": {"versionId": "7", "lastUpdated": "2026-01-01T00:00:00Z"}}
    assert digests(rows(tmp_path / "2", other, stamped)) == one
    tagged = {**PATIENT, "meta": {"tag": [{"code": "t"}]}}
    assert digests(rows(tmp_path / "3", other, tagged)) != one


def test_decimals_are_compared_digit_for_digit(tmp_path: Path) -> None:
    folder = rows(tmp_path / "1", WEIGHT)
    before = digests(folder)
    path = folder / "Observation.ndjson"
    path.write_text(path.read_text().replace("70.1,", "70.10,"))
    assert digests(folder) != before


def test_differences_are_said_by_type() -> None:
    one, other = {"Patient": Digest(2, "x"), "Basic": Digest(1, "y")}, {"Patient": Digest(3, "x")}
    assert differences(one, other) == ["Basic: 1 and 0 records", "Patient: 2 and 3 records"]


def test_bad_input(tmp_path: Path) -> None:
    full = rows(tmp_path / "full", PATIENT)
    with pytest.raises(ConfigError, match="--out"):
        export(Route("http://127.0.0.1:9", "true"), full)
    with pytest.raises(ConfigError, match="DIR"):
        digests(tmp_path / "none")
    (full / "Patient.ndjson").write_text('{"resourceType": "Patient"}\n')
    with pytest.raises(ConfigError, match=r"Patient\.ndjson:1"):
        digests(full)
