"""`report`: its exit code is the answer, its files say every verdict, and bad input is one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policies.cli import main
from tests.policies.state_example import SECRET, exported
from tests.shared_data import shared

SCHEMA = Path(__file__).resolve().parents[3] / "policies" / "report" / "report.schema.json"
TOPIC = "gcp:pubsub/topic:Topic"
KEY = "projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k"
STORED = {"allowedPersistenceRegions": ["europe-west3"], "enforceInTransit": True}
SOUND = {
    "kmsKeyName": KEY,
    "messageStoragePolicy": STORED,
    "schemaSettings": {"schema": "projects/p/schemas/s", "encoding": "JSON"},
}


def run(tmp_path: Path, raw: bytes, *more: str) -> tuple[int, dict[str, Any]]:
    (tmp_path / "state.json").write_bytes(raw)
    out = ["--out", str(tmp_path / "out"), "--format", "json,html"]
    code = main(["report", "--state", str(tmp_path / "state.json"), *out, *more])
    return code, json.loads((tmp_path / "out" / "report.json").read_text())


def found(report: dict[str, Any], verdict: str) -> set[tuple[str, str, str]]:
    return {(f["rule"], f["resource"], f["path"]) for f in report["findings"] if f["verdict"] == verdict}


def test_failing_state_exits_1_and_names_the_resource(tmp_path: Path) -> None:
    code, report = run(tmp_path, exported((TOPIC, "events", {**SOUND, "kmsKeyName": None})))
    assert code == 1
    assert found(report, "failed") == {("topic-cmek", "events", "kmsKeyName")}


def test_clean_state_exits_0_and_says_what_it_could_not_judge(tmp_path: Path) -> None:
    code, report = run(tmp_path, exported((TOPIC, "events", SOUND)))
    assert code == 0
    assert ("topic-cmek", "events", "") in found(report, "passed")
    silent = [f for f in report["findings"] if f["rule"] == "sql-cmek"]
    assert [f["verdict"] for f in silent] == ["not_applicable"]


def test_json_matches_its_schema(tmp_path: Path) -> None:
    _, report = run(tmp_path, exported((TOPIC, "events", {})))
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))


def test_secret_values_reach_no_report(tmp_path: Path) -> None:
    service = {"template": {"containers": [{"envs": [{"name": "PASSWORD", "value": SECRET}]}]}}
    code, _ = run(tmp_path, exported(("gcp:cloudrunv2/service:Service", "svc", service)))
    assert code == 1
    for file in (tmp_path / "out").iterdir():
        assert "v1:abc" not in file.read_text()


def test_a_type_that_no_rule_knows_is_listed_and_never_passed(tmp_path: Path) -> None:
    token = "gcp:gkehub/fleet:Fleet"
    _, report = run(tmp_path, exported((token, "fleet", {"displayName": "x"})))
    assert report["stacks"][0]["unjudged"] == {token: 1}
    assert not [f for f in report["findings"] if f["type"] == token and f["verdict"] == "passed"]


def test_two_states_of_one_stack_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(exported())
    assert main(["report", "--state", str(tmp_path / "a"), str(tmp_path / "b")]) == 2
    assert "given twice" in capsys.readouterr().err


def test_missing_file_and_unknown_jurisdiction_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--state", str(tmp_path / "none")]) == 2
    (tmp_path / "s").write_bytes(exported())
    assert main(["report", "--state", str(tmp_path / "s"), "--jurisdiction", "mars"]) == 2
    assert "allowed: ch, de, eu, " in capsys.readouterr().err


def test_official_provider_state_is_judged(tmp_path: Path) -> None:
    raw = (shared("gcp/official-provider") / "state.json").read_bytes()
    code, report = run(tmp_path, raw, "--jurisdiction", "eu")
    failed = {(rule, resource) for rule, resource, _ in found(report, "failed")}
    assert code == 1
    # Found by reading the program that made it: a topic without a key, a push subscription that drops.
    assert {("subscription-dead-letter", "push"), ("topic-cmek", "etopic")} <= failed
    assert ("topic-cmek", "topic") not in failed


def test_list_names_every_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    assert [each["number"] for each in json.loads(capsys.readouterr().out)] == list(range(1, 99))


def test_secret_outputs_reach_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hidden = {**SECRET, "ciphertext": "hunter2"}
    outputs = {"jurisdiction": "eu", "kind": "tenant", "tenant": hidden, "profile": hidden, "token": hidden}
    _, report = run(tmp_path, exported((TOPIC, "events", SOUND), outputs=outputs))
    written = [file.read_text() for file in (tmp_path / "out").iterdir()]
    assert report["stacks"][0]["profile"] == "saas"
    assert "hunter2" not in "".join((*written, *capsys.readouterr()))


@pytest.mark.parametrize("profile", ["sass", "sovereign_eu", "hipaa"])
def test_an_unknown_profile_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], profile: str
) -> None:
    (tmp_path / "state.json").write_bytes(exported((TOPIC, "events", SOUND)))
    assert main(["report", "--state", str(tmp_path / "state.json"), "--profile", profile]) == 2
    assert "allowed: country, private, saas, sovereign-eu" in capsys.readouterr().err


def test_unjudged_are_the_types_that_no_rule_said_anything_of(tmp_path: Path) -> None:
    located = ("gcp:workstations/workstation:Workstation", "w", {"location": "europe-west3"})
    policy = ("gcp:orgpolicy/policy:Policy", "p", {"name": "compute.vmExternalIpAccess"})
    _, report = run(tmp_path, exported(located, policy))
    assert report["stacks"][0]["unjudged"] == {policy[0]: 1}


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "null", "1", '{"version": 3}', '{"version": 3, "deployment": null}']
)
def test_what_is_no_state_is_answered_with_a_sentence(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "state.json"
    file.write_text(content)
    assert main(["report", "--state", str(file)]) == 2
    said = capsys.readouterr().err
    assert "is not the output of `pulumi stack export`" in said
    assert not any(
        word in said for word in ("NoneType", "('", "object", "indices", "char 0", "subscriptable")
    )
