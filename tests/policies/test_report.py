"""A report says every verdict, in each format, and its exit code is the answer."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from policies.cli import main
from policies.errors import StateError
from policies.state import parse
from tests.policies.state_example import SECRET, exported
from tests.shared_data import shared

SCHEMA = Path(__file__).resolve().parents[2] / "policies" / "report" / "report.schema.json"
TOPIC = "gcp:pubsub/topic:Topic"
KEY = "projects/p/locations/l/keyRings/r/cryptoKeys/k"


def run(tmp_path: Path, raw: bytes, *more: str) -> tuple[int, dict[str, object]]:
    (tmp_path / "state.json").write_bytes(raw)
    code = main(["report", "--state", str(tmp_path / "state.json"), "--out", str(tmp_path / "out"), *more])
    return code, json.loads((tmp_path / "out" / "report.json").read_text())


def test_failing_state_exits_1_and_names_the_resource(tmp_path: Path) -> None:
    code, report = run(tmp_path, exported((TOPIC, "events", {"name": "events"})))
    assert code == 1
    failed = [f for f in report["findings"] if f["verdict"] == "failed"]  # type: ignore[attr-defined]
    assert [(f["rule"], f["resource"], f["path"]) for f in failed] == [("topic-cmek", "events", "kmsKeyName")]


def test_clean_state_exits_0_and_says_what_it_could_not_judge(tmp_path: Path) -> None:
    code, report = run(tmp_path, exported((TOPIC, "events", {"kmsKeyName": KEY})))
    assert code == 0
    assert report["counts"]["passed"] == 1  # type: ignore[index]
    silent = [f for f in report["findings"] if f["rule"] == "sql-cmek"]  # type: ignore[attr-defined]
    assert silent[0]["verdict"] == "not_applicable"


def test_json_matches_its_schema(tmp_path: Path) -> None:
    _, report = run(tmp_path, exported((TOPIC, "events", {})))
    jsonschema.validate(report, json.loads(SCHEMA.read_text()))


def test_html_escapes_what_it_repeats(tmp_path: Path) -> None:
    run(tmp_path, exported((TOPIC, "<script>alert(1)</script>", {})))
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_secret_values_reach_no_report(tmp_path: Path) -> None:
    service = {"template": {"containers": [{"envs": [{"name": "PASSWORD", "value": SECRET}]}]}}
    code, report = run(tmp_path, exported(("gcp:cloudrunv2/service:Service", "svc", service)))
    assert code == 1
    assert "v1:abc" not in json.dumps(report)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"deployment": 1}', b'{"deployment": {"resources": []}}', b"\xff\xfe"]
)
def test_what_is_no_state_is_refused(tmp_path: Path, raw: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(StateError):
        parse(raw, "x")
    (tmp_path / "s").write_bytes(raw)
    assert main(["report", "--state", str(tmp_path / "s")]) == 2
    assert "Traceback" not in capsys.readouterr().err


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
    failed = {(f["rule"], f["resource"]) for f in report["findings"] if f["verdict"] == "failed"}  # type: ignore[attr-defined]
    assert code == 1
    assert failed == {
        ("subscription-dead-letter", "push"),
        ("sql-deletion-protection", "sql"),
        ("sql-deletion-protection", "replica"),
        ("topic-cmek", "etopic"),
    }


def test_explain_and_list_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "41", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "sql-no-public-ip"
    assert main(["list"]) == 0
    assert main(["explain", "nonsense"]) == 2
