"""`explain` answers for checks, controls and resources, and names the nearest where it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policies.cli import main
from policies.framework import load_all
from policies.rule import catalogue
from tests.policies.state_example import exported

KEY = "projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k"
TOPIC = "gcp:pubsub/topic:Topic"


def told(capsys: pytest.CaptureFixture[str], *asked: str) -> dict[str, Any]:
    assert main(["explain", *asked, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def refused(capsys: pytest.CaptureFixture[str], *asked: str) -> str:
    assert main(["explain", *asked]) == 2
    return capsys.readouterr().err


@pytest.fixture
def state(tmp_path: Path) -> str:
    file = tmp_path / "state.json"
    file.write_bytes(exported((TOPIC, "events", {"name": "events"}), (TOPIC, "other", {"kmsKeyName": KEY})))
    return str(file)


@pytest.mark.parametrize("asked", ["41", "sql-no-public-ip"])
def test_a_check(capsys: pytest.CaptureFixture[str], asked: str) -> None:
    found = told(capsys, asked)
    assert (found["kind"], found["id"], found["number"]) == ("check", "sql-no-public-ip", 41)
    assert found["controls"]["hipaa"] == ["164.312(e)(1)"]


@pytest.mark.parametrize("asked", ["hipaa:164.312(b)", "164.312(b)"])
def test_a_control(capsys: pytest.CaptureFixture[str], asked: str) -> None:
    found = told(capsys, asked)
    assert (found["kind"], found["framework"], found["title"]) == ("control", "hipaa", "Audit controls")
    assert 57 in [check["number"] for check in found["checks"]]


@pytest.mark.parametrize(
    ("asked", "key"),
    [("164.310(a)(1)", "artefact"), ("A.6.1", "process"), ("cis:4.8", "reason"), ("SA-9(5)", "addition")],
)  # fmt: skip
def test_a_control_without_checks_says_who_answers(
    capsys: pytest.CaptureFixture[str], asked: str, key: str
) -> None:
    assert told(capsys, asked)[key]


def test_a_number_is_a_check_before_it_is_an_article(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "33")["id"] == "kms-duties-split"
    assert told(capsys, "gdpr:33")["framework"] == "gdpr"


def test_a_resource_type(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, TOPIC)
    assert "topic-cmek" in [check["id"] for check in found["checks"]]


def test_a_type_that_no_check_is_about_is_said_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    note = told(capsys, "gcp:pubsub/topik:Topic")["note"]
    assert note.startswith("no check is about this very type")
    assert "nearest: gcp:pubsub/topic:Topic" in note


def test_a_resource_by_name_and_by_urn_with_its_verdicts(
    capsys: pytest.CaptureFixture[str], state: str
) -> None:
    named = told(capsys, "events", "--state", state)
    verdicts = {finding["rule"]: finding["verdict"] for finding in named["findings"]}
    assert verdicts["topic-cmek"] == "failed"
    assert {finding["resource"] for finding in named["findings"]} == {"events"}
    assert told(capsys, named["urn"], "--state", state) == named


def test_a_check_and_a_control_say_their_verdicts_too(capsys: pytest.CaptureFixture[str], state: str) -> None:
    check = told(capsys, "topic-cmek", "--state", state)
    assert {f["resource"]: f["verdict"] for f in check["findings"]} == {"events": "failed", "other": "passed"}
    control = told(capsys, "hipaa:164.312(a)(2)(iv)", "--state", state)
    assert {f["resource"] for f in control["findings"] if f["rule"] == "topic-cmek"} == {"events", "other"}


def test_for_people(capsys: pytest.CaptureFixture[str], state: str) -> None:
    assert main(["explain", "events", "--state", state]) == 0
    assert "failed         topic-cmek: events: kmsKeyName is absent" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("topik-cmek", "'topik-cmek' is no check, control or resource; nearest: topic-cmek"),
        ("hipaa:164.312(bb)", "nearest: hipaa:164.312(b)"),
        ("SC-7(33)", "nearest: SC-7(3)"),
        ("aws:s3/bucket:Bucket", "nearest: gcp:storage/bucket:Bucket"),
        ("events", "a resource by name or URN needs --state"),
        ("", "is no check, control or resource"),
    ],
)
def test_the_nearest_is_named(capsys: pytest.CaptureFixture[str], asked: str, said: str) -> None:
    assert said in refused(capsys, asked)


def test_a_name_that_several_resources_have_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(exported((TOPIC, "same", {}), ("gcp:storage/bucket:Bucket", "same", {})))
    assert "is the name of several resources; name one: urn:" in refused(capsys, "same", "--state", str(file))


def test_an_id_that_two_frameworks_have_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from policies import explain

    hipaa = load_all()[0]
    twin = type(hipaa)("twin", "T", "1", "https://example.org", "All.", hipaa.sections)
    monkeypatch.setattr(explain, "load_all", lambda: (hipaa, twin))
    assert "name one: hipaa:164.312(b), twin:164.312(b)" in refused(capsys, "164.312(b)")


def test_every_check_and_every_control_can_be_explained() -> None:
    from policies.explain import explain

    for rule in catalogue():
        assert explain(rule.id).facts["number"] == rule.number
    for each in load_all():
        for control in each.controls:
            assert explain(f"{each.key}:{control.id}").facts["title"] == control.title


@pytest.mark.parametrize("asked", ["kms", "zzzzzz", "e", "", "gcp"])
def test_at_most_five_names_are_suggested(capsys: pytest.CaptureFixture[str], asked: str) -> None:
    said = refused(capsys, asked)
    assert len(said) < 600 and said.count(", ") <= 5


def test_a_word_of_a_checks_name_suggests_the_checks_first(capsys: pytest.CaptureFixture[str]) -> None:
    checks = [rule.id for rule in catalogue() if "kms" in rule.id]
    said = refused(capsys, "kms").split("nearest: ")[1]
    assert checks and said.startswith(", ".join(sorted(checks)[:5]))


def test_nothing_near_says_where_the_names_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert "`python -m policies list` has the checks" in refused(capsys, "zzzzzz")
