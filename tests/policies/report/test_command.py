"""`report` as people run it: formats, signature, answer by exit code, and what it says on the way."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from policies import waivers
from policies.cli import main
from policies.cli import report as command
from policies.report.files import FORMATS
from tests.evidence.kms_server import KEY, Kms, serving
from tests.policies.report.reports import TOPIC
from tests.policies.state_example import exported

CMEK = "projects/p/locations/l/keyRings/r/cryptoKeys/k"


@pytest.fixture
def state(tmp_path: Path) -> str:
    (tmp_path / "state.json").write_bytes(exported((TOPIC, "events", {"name": "events"})))
    return str(tmp_path / "state.json")


def test_all_formats_by_default(state: str, tmp_path: Path) -> None:
    assert main(["report", "--state", state, "--out", str(tmp_path / "out")]) == 1
    here = {path.name for path in (tmp_path / "out").iterdir()}
    assert here == {name for _, name in FORMATS.values()} | {"manifest.json"}


def test_only_the_formats_that_are_asked_for(state: str, tmp_path: Path) -> None:
    main(["report", "--state", state, "--out", str(tmp_path / "out"), "--format", "sarif,junit"])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "report.sarif", "report.junit.xml", "manifest.json",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--out", "o", "--format", "pdf"], "--format: 'pdf' is unknown; allowed: html, json"),
        (["--format", "html"], "--out: is needed"),
        (["--out", "o", "--format", ""], "--format: '' is unknown; allowed: html, json"),
        (["--out", "state.json"], "--out: state.json is a file; name a folder"),
        (["--waivers", "none.yaml"], "--waivers: none.yaml: No such file or directory"),
        (["--sign", KEY], "--out: is needed"),
        (["--out", "o", "--sign", "my-key"], "my-key: is no name of a Cloud KMS key"),
    ],
)
def test_bad_usage_exits_2_and_writes_nothing(
    state: str, tmp_path: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["report", "--state", state, *more]) == 2
    assert said in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    """Cloud KMS on loopback, where the provider's own variable says."""
    kms = Kms()
    with serving(kms) as url:
        monkeypatch.setenv("GOOGLE_KMS_CUSTOM_ENDPOINT", url)
        monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "a-token")
        yield kms


def test_signed_with_a_cloud_kms_key_it_verifies(state: str, tmp_path: Path, kms: Kms) -> None:
    out = tmp_path / "out"
    assert main(["report", "--state", state, "--out", str(out), "--sign", KEY, "--format", "html,json"]) == 1
    (tmp_path / "key.pem").write_text(kms.pem())
    asked = len(kms.tokens)
    assert main(["verify", str(out), "--key", str(tmp_path / "key.pem")]) == 0
    assert len(kms.tokens) == asked > 0


def test_a_signature_that_does_not_fit_is_refused_and_nothing_is_written(
    state: str, tmp_path: Path, kms: Kms, capsys: pytest.CaptureFixture[str]
) -> None:
    kms.spoil = True
    assert main(["report", "--state", state, "--out", str(tmp_path / "out"), "--sign", KEY]) == 2
    assert "made a signature that does not fit its public key" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_every_report_has_the_numbers_of_coverage(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    main(["report", "--state", state, "--out", str(out)])
    assert "of 71 controls (" in capsys.readouterr().out
    found = json.loads((out / "report.json").read_text())["coverage"]["hipaa"]["numbers"]
    share = f"{found['covered_percent']:g}"
    for name in (
        "report.html",
        "report.md",
        "report.junit.xml",
        "report.sarif",
        "oscal/assessment-results.json",
    ):
        assert share in (out / name).read_text(), name


def test_the_summary_says_what_failed(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--state", state]) == 1
    said = capsys.readouterr().out
    assert "FAILED    topic-cmek" in said and "events" in said
    assert "kmsKeyName is absent. Set kmsKeyName" in said


def test_json_on_standard_output_is_the_report(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["report", "--state", state, "--json"])
    assert json.loads(capsys.readouterr().out)["counts"]["failed"] >= 1


def test_a_quick_run_says_nothing_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.json").write_bytes(exported((TOPIC, "events", {"kmsKeyName": CMEK})))
    main(["report", "--state", str(tmp_path / "s.json")])
    assert capsys.readouterr().err == ""


def test_a_plan_of_terraform_is_reported(tmp_path: Path) -> None:
    plan = {
        "format_version": "1.2",
        "planned_values": {
            "root_module": {
                "resources": [
                    {
                        "address": "google_pubsub_topic.events", "mode": "managed", "name": "events",
                        "type": "google_pubsub_topic", "values": {"name": "events"},
                    }
                ]
            }
        },
    }  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    out = tmp_path / "out"
    assert main(["report", "--plan", str(tmp_path / "plan.json"), "--out", str(out), "--format", "json"]) == 1
    found = json.loads((out / "report.json").read_text())["findings"]
    assert ("topic-cmek", "failed") in {(each["rule"], each["verdict"]) for each in found}


def test_the_commit_says_when_what_judges_was_changed_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "policies" / "cli"
    folder.mkdir(parents=True)
    (folder / "report.py").write_text("x")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    monkeypatch.setattr(command, "__file__", str(folder / "report.py"))
    for more in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *more], check=True)
    clean = command.commit()
    assert len(clean) == 40
    (folder / "report.py").write_text("y")
    assert command.commit() == f"{clean}-dirty"


def test_a_waiver_that_excuses_nothing_fails_the_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.json").write_bytes(exported((TOPIC, "events", {"kmsKeyName": CMEK})))
    (tmp_path / "waivers.yaml").write_text(
        "- {rule: topic-cmek, resource: other, owner: sam@example.org, ticket: OPS-1, expires: 2027-03-31,\n"
        "   reason: The old system cannot use keys, compensating_control: It holds no patient data}\n"
    )
    assert (
        main(["report", "--state", str(tmp_path / "s.json"), "--waivers", str(tmp_path / "waivers.yaml")])
        == 1
    )
    assert "'other' excuses nothing of topic-cmek" in capsys.readouterr().err


WAIVED = (
    "- {rule: topic-cmek, resource: events, owner: sam@example.org, ticket: OPS-1, expires: 2027-03-31,\n"
    "   reason: The old system cannot use keys, compensating_control: It holds no patient data}\n"
)
FILES = (
    "report.html", "report.json", "report.md", "report.sarif", "report.junit.xml",
    "oscal/assessment-results.json", "oscal/poam.json",
)  # fmt: skip


def test_every_report_says_which_waivers_it_went_by(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, out = tmp_path / "my-waivers.yaml", tmp_path / "out"
    other.write_text(WAIVED)
    main(["report", "--state", state, "--out", str(out), "--waivers", str(other)])
    digest = hashlib.sha256(other.read_bytes()).hexdigest()
    assert f"waivers: my-waivers.yaml (sha256:{digest}), instead of policies" in capsys.readouterr().out
    for name in FILES:
        text = (out / name).read_text()
        assert "my-waivers.yaml" in text and digest in text and str(tmp_path) not in text, name
    found = json.loads((out / "report.json").read_text())
    schema = json.loads((Path(command.__file__).parents[1] / "report" / "report.schema.json").read_text())
    jsonschema.validate(found, schema)


def test_the_projects_waivers_are_named_so_and_another_file_cannot_be(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["report", "--state", state, "--json"])
    found = json.loads(capsys.readouterr().out)
    digest = hashlib.sha256(waivers.DEFAULT_FILE.read_bytes()).hexdigest()
    assert (found["waivers_file"], found["waivers_sha256"]) == ("policies/waivers.yaml", digest)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "waivers.yaml").write_text(WAIVED)
    main(["report", "--state", state, "--waivers", str(tmp_path / "policies" / "waivers.yaml"), "--json"])
    assert json.loads(capsys.readouterr().out)["waivers_file"] == "waivers.yaml"


def test_a_line_names_the_stack_and_who_answers_for_a_waived_failure(
    state: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w.yaml").write_text(WAIVED)
    main(["report", "--state", state, "--waivers", str(tmp_path / "w.yaml")])
    (line,) = [each for each in capsys.readouterr().out.splitlines() if each.startswith("WAIVED")]
    assert " example " in line and "Waived by sam@example.org until 2027-03-31: The old system" in line


def test_names_cannot_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "a\x1b]0;owned\x07"
    raw = exported((TOPIC, evil, {"name": "events"}))
    file = tmp_path / "s\x1b[2J.json"
    file.write_bytes(raw.replace(b"urn:pulumi:example::", b"urn:pulumi:ex\\u001b[31mample::"))
    main(["report", "--state", str(file)])
    main(["explain", evil, "--state", str(file)])
    main(["report", "--state", str(tmp_path / "no\x1b[2J.json")])
    said = "".join(capsys.readouterr())
    assert "\x1b" not in said and "\x07" not in said and "\\u{1b}" in said


def test_a_value_of_megabytes_does_not_make_a_report_of_megabytes(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_bytes(exported((TOPIC, "events", {"kmsKeyName": "x" * 2_000_000})))
    out = tmp_path / "out"
    main(["report", "--state", str(tmp_path / "s.json"), "--out", str(out)])
    assert max(path.stat().st_size for path in out.rglob("*") if path.is_file()) < 1_500_000
    found = json.loads((out / "report.json").read_text())["findings"]
    assert max(len(each["seen"]) for each in found) <= 300
    assert max(len(each["message"]) for each in found) <= 1000


def test_the_help_says_what_is_judged_and_what_other_waivers_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["report", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "not what is live now" in said and "read instead of the project's policies/waivers.yaml" in said


def test_who_stops_reading_ends_it_quietly() -> None:
    run = "import sys; sys.argv[0] = 'policies'; from policies.cli.main import main; sys.exit(main(['list']))"
    with subprocess.Popen([sys.executable, "-c", run], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as it:
        assert it.stdout and it.stderr
        it.stdout.close()
        assert it.stderr.read() == b""
    assert it.returncode == 141
