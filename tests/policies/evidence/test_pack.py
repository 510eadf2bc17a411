"""A period's evidence in one pack: whole, signed, verifiable offline, without what must not leave."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from evidence import manifest, signature
from evidence.__main__ import main as evidence
from policies.cli import main
from policies.framework import KEYS
from policies.progress import Progress
from tests.evidence.kms_server import KEY, Kms, serving
from tests.policies.state_example import SECRET, exported

NOW = datetime.now(UTC)
THIS = f"{NOW.year}-Q{(NOW.month + 2) // 3}"
TOPIC, MEMBER = "gcp:pubsub/topic:Topic", "gcp:pubsub/topicIAMMember:TopicIAMMember"
SCHEMA = Path(__file__).resolve().parents[3] / "policies" / "evidence" / "index.schema.json"
GRANT = {"topic": "events", "role": "roles/pubsub.publisher", "member": "user:=cmd@x"}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    file = tmp_path / "state.json"
    user = ("gcp:sql/user:User", "admin", {"instance": "i", "name": "admin", "password": SECRET})
    file.write_bytes(exported((TOPIC, "<script>alert(1)</script>", {}), (MEMBER, "g", GRANT), user))
    return file


def drill(folder: Path, name: str = "tenant-pitr", started: str = "", note: str = "") -> Path:
    """A drill's pack as a drill leaves it."""
    folder.mkdir(parents=True)
    told = {
        "drill": name, "stack": "us-tenant-riverside", "started": started or NOW.isoformat(),
        "verdict": "passed", "measured": {"rto_seconds": 3.6, "rpo_seconds": 0.0}, "note": note,
        "objectives": {"rto_seconds": 60, "rpo_seconds": 1},
    }  # fmt: skip
    (folder / "pack.json").write_text(json.dumps(told))
    (folder / "report.html").write_text("<h1>a drill</h1>")
    signature.seal(folder, {"drill": "a drill"}, None)
    return folder


def make(out: Path, *more: object, period: str = THIS) -> int:
    return main(["evidence", "--period", period, "--out", str(out), *map(str, more)])


def index(out: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((out / "index.json").read_text())
    return told


def control(told: dict[str, Any], key: str, id: str) -> dict[str, Any]:
    (framework,) = (each for each in told["frameworks"] if each["key"] == key)
    (found,) = (each for each in framework["controls"] if each["id"] == id)
    return dict(found)


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kms]:
    kms = Kms()
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "a-token")
    with serving(kms) as url:
        monkeypatch.setenv("GOOGLE_KMS_CUSTOM_ENDPOINT", url)
        yield kms


@pytest.fixture
def signed(tmp_path: Path, state: Path, kms: Kms) -> Path:
    drill(tmp_path / "drills" / "one")
    out = tmp_path / "pack"
    assert make(out, "--state", state, "--drills", tmp_path / "drills", "--sign", KEY) == 0
    return out


def test_it_verifies_offline_with_the_key_that_is_trusted(signed: Path, kms: Kms, tmp_path: Path) -> None:
    pem = tmp_path / "key.pem"
    pem.write_text(kms.pem())
    assert evidence(["verify", str(signed), "--key", str(pem)]) == 0
    pem.write_text(Kms().pem())
    assert evidence(["verify", str(signed), "--key", str(pem)]) == 1


def test_a_changed_file_is_found(signed: Path) -> None:
    (signed / "access" / "access.csv").write_text("nobody has access\n")
    assert evidence(["verify", str(signed)]) == 1


def test_the_index_fits_its_schema_and_names_only_what_is_there(signed: Path) -> None:
    told = index(signed)
    jsonschema.validate(told, json.loads(SCHEMA.read_text()))
    assert tuple(each["key"] for each in told["frameworks"]) == KEYS
    named = {path for each in told["frameworks"] for c in each["controls"] for path in c["evidence"]}
    assert named
    assert all((signed / path).exists() for path in named)


def test_each_control_says_what_shows_it(signed: Path) -> None:
    told = index(signed)
    (report,), (pack,) = told["reports"], told["drills"]
    encrypted = control(told, "hipaa", "164.312(a)(2)(iv)")
    assert encrypted["status"] == "not_satisfied"
    assert "topic-cmek" in encrypted["against"]
    assert report["folder"] in encrypted["evidence"]
    tested = control(told, "hipaa", "164.308(a)(7)(ii)(D)")
    assert pack["folder"] in tested["evidence"]
    assert control(told, "soc2", "CC6.2")["evidence"] == ["access/access.csv"]
    assert control(told, "hipaa", "164.310(a)(1)")["evidence"] == []
    assert (pack["verdict"], pack["measured"]["rto_seconds"], pack["signed_by"]) == ("passed", 3.6, "")
    assert report["signed_by"] == f"{KEY}/cryptoKeyVersions/10"


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links |= {unquote(value) for name, value in attrs if name == "href" and value}


def test_the_page_is_self_contained_and_its_links_lead_somewhere(signed: Path) -> None:
    page = (signed / "index.html").read_text()
    found = _Links()
    found.feed(page)
    assert "script" not in found.tags
    assert found.links
    assert all((signed / link).exists() for link in found.links)


def test_no_secret_is_in_it_and_no_formula(signed: Path) -> None:
    for file in signed.rglob("*"):
        assert not file.is_file() or b"v1:abc" not in file.read_bytes(), file
    rows = (signed / "access" / "access.csv").read_text().splitlines()
    assert "user:=cmd@x" in rows[-1] or "user:=cmd@x" in rows[-2]
    assert not [row for row in rows if re.search(r"(^|,)\"?[=+@-]", row)]


def test_a_report_made_before_goes_in_whole(tmp_path: Path, state: Path, capsys: Any) -> None:
    made = tmp_path / "reports" / "one"
    main(["report", "--state", str(state), "--out", str(made)])
    assert make(tmp_path / "pack", "--reports", tmp_path / "reports", "--unsigned") == 0
    (report,) = index(tmp_path / "pack")["reports"]
    copied = tmp_path / "pack" / report["folder"]
    names = {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}
    assert {str(path.relative_to(copied)) for path in copied.rglob("*") if path.is_file()} == names
    assert index(tmp_path / "pack")["access"] is None
    assert "no access review" in capsys.readouterr().out


def test_what_is_of_another_period_is_left_out_and_said(tmp_path: Path, state: Path) -> None:
    drill(tmp_path / "drills" / "old", started="2024-01-31T00:00:00+00:00")
    drill(tmp_path / "drills" / "new")
    assert make(tmp_path / "pack", "--state", state, "--drills", tmp_path / "drills", "--unsigned") == 0
    told = index(tmp_path / "pack")
    assert len(told["drills"]) == 1
    (left,) = told["left_out"]
    assert (left["what"].endswith("/old"), left["why"]) == (True, "started on 2024-01-31")


def test_of_two_reports_on_one_stack_the_last_counts(tmp_path: Path, state: Path) -> None:
    main(["report", "--state", str(state), "--out", str(tmp_path / "reports" / "a")])
    later = json.loads((tmp_path / "reports" / "a" / "report.json").read_text())
    later["findings"] = [{**f, "verdict": "passed"} for f in later["findings"] if f["rule"] == "topic-cmek"]
    west = timezone(timedelta(hours=-9))  # earlier by its text
    later["judged_at"] = datetime.now(west).isoformat(timespec="microseconds")
    (tmp_path / "reports" / "b").mkdir()
    (tmp_path / "reports" / "b" / "report.json").write_text(json.dumps(later))
    assert make(tmp_path / "pack", "--reports", tmp_path / "reports", "--unsigned") == 0
    told = index(tmp_path / "pack")
    assert len(told["reports"]) == 2
    assert control(told, "hipaa", "164.312(a)(2)(iv)")["status"] == "satisfied"


def test_again_replaces_it_and_leaves_nothing_beside(tmp_path: Path, state: Path) -> None:
    out = tmp_path / "packs" / "pack"
    assert make(out, "--state", state, "--unsigned") == 0
    (out / "index.html").write_text("changed")
    assert make(out, "--state", state, "--unsigned") == 0
    assert [path.name for path in out.parent.iterdir()] == ["pack"]
    manifest.check(out)


def refused(capsys: pytest.CaptureFixture[str], out: Path, *more: object, period: str = THIS) -> str:
    """What it says; there is no pack afterwards that was not there before."""
    before = sorted(out.rglob("*"))
    assert make(out, *more, period=period) == 2
    assert sorted(out.rglob("*")) == before
    assert not [path for path in out.parent.iterdir() if path.name.startswith(".")]
    return capsys.readouterr().err


def test_a_drill_that_does_not_hold_is_refused(tmp_path: Path, state: Path, capsys: Any) -> None:
    pack = drill(tmp_path / "drills" / "one")
    (pack / "pack.json").write_text((pack / "pack.json").read_text().replace("3.6", "0.1"))
    said = refused(capsys, tmp_path / "pack", "--state", state, "--drills", tmp_path / "drills", "--unsigned")
    assert "drills/one: does not hold: pack.json: was changed after the manifest was made" in said


def test_a_link_in_a_drill_is_refused(tmp_path: Path, state: Path, capsys: Any) -> None:
    (drill(tmp_path / "drills" / "one") / "log").symlink_to("/etc/hostname")
    said = refused(capsys, tmp_path / "pack", "--state", state, "--drills", tmp_path / "drills", "--unsigned")
    assert "log: is a link" in said


@pytest.mark.parametrize(
    ("note", "said"),
    [("Jane Canary", "holds a canary: patient data"), ("v1:abc", "holds a secret of the state")],
)
def test_a_canary_or_a_secret_keeps_the_pack_back(
    tmp_path: Path, state: Path, capsys: Any, note: str, said: str
) -> None:
    drill(tmp_path / "drills" / "one", note=note)
    (tmp_path / "canaries").write_text("\nJane Canary\n")
    more = ("--drills", tmp_path / "drills", "--canaries", tmp_path / "canaries", "--unsigned")
    told = refused(capsys, tmp_path / "pack", "--state", state, *more)
    assert said in told
    assert note not in told


def test_hostile_names_go_in_as_text(tmp_path: Path, state: Path) -> None:
    drill(tmp_path / "drills" / "one", name="../../\ud800<b>\u5e7f" + "\u5e7f" * 90)
    assert make(tmp_path / "pack", "--state", state, "--drills", tmp_path / "drills", "--unsigned") == 0
    (pack,) = index(tmp_path / "pack")["drills"]
    assert (tmp_path / "pack" / pack["folder"] / "pack.json").exists()
    assert re.fullmatch(r"drills/[0-9T]+-[A-Za-z0-9_-]+", pack["folder"])
    assert "<b>" not in (tmp_path / "pack" / "index.html").read_text()


def test_a_key_that_signs_wrongly_is_refused(tmp_path: Path, state: Path, capsys: Any, kms: Kms) -> None:
    kms.spoil = True
    said = refused(capsys, tmp_path / "pack", "--state", state, "--sign", KEY)
    assert "made a signature that does not fit its public key" in said


def test_without_a_key_it_says_what_to_do(tmp_path: Path, state: Path, capsys: Any) -> None:
    said = refused(capsys, tmp_path / "pack", "--state", state)
    assert "--sign: name the Cloud KMS key that signs, or say --unsigned" in said


def test_the_cells_own_key_is_the_default(tmp_path: Path, kms: Kms) -> None:
    outputs = {"jurisdiction": "eu", "profile": "saas", "keys": {"evidence": KEY}}
    (tmp_path / "cell.json").write_bytes(exported(outputs=outputs))
    assert make(tmp_path / "pack", "--state", tmp_path / "cell.json") == 0
    assert evidence(["verify", str(tmp_path / "pack")]) == 0


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2024-Q1", "--state: a report made today is not of 2024-Q1; give --reports of that time"),
        ("2099", "--period: 2099 begins on 2099-01-01; today is"),
        ("2026-Q7", "--period: '2026-Q7' is no period"),
    ],
)
def test_periods_that_cannot_be(tmp_path: Path, state: Path, capsys: Any, period: str, said: str) -> None:
    assert said in refused(capsys, tmp_path / "pack", "--state", state, "--unsigned", period=period)


def test_a_folder_of_something_else_is_not_touched(tmp_path: Path, state: Path, capsys: Any) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("x")
    said = refused(capsys, other, "--state", state, "--unsigned")
    assert f"holds something else than a pack of {THIS}; name a new folder" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no JSON"),
        ("[" * 200_000, "is no JSON (nested too deep)"),
        ('{"stacks": NaN}', "is no JSON (NaN is no number of JSON)"),
        ('{"stacks": [], "stacks": []}', "is no JSON ('stacks' is given twice)"),
        ('{"stacks": 1e999}', "is no JSON (1e999 is no number of JSON)"),
        ("[]", "is no report"),
        ('{"stacks": [], "findings": [{"rule": 1}]}', "is no report"),
    ],
)
def test_what_is_no_report_is_named(tmp_path: Path, capsys: Any, content: str, said: str) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "report.json").write_text(content)
    told = refused(capsys, tmp_path / "pack", "--reports", tmp_path / "reports", "--unsigned")
    assert f"reports/report.json: {said}" in told


def test_nothing_to_show_is_refused(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "empty").mkdir()
    assert "one of them is needed" in refused(capsys, tmp_path / "pack", "--unsigned")
    assert "holds no report.json" in refused(
        capsys, tmp_path / "pack", "--reports", tmp_path / "empty", "--unsigned"
    )
    assert "is no folder" in refused(capsys, tmp_path / "pack", "--reports", tmp_path / "none", "--unsigned")
    inside = refused(capsys, tmp_path / "empty" / "pack", "--reports", tmp_path / "empty", "--unsigned")
    assert "lies inside --reports" in inside


def test_a_strangers_file_in_the_pack_is_not_deleted(tmp_path: Path, state: Path, capsys: Any) -> None:
    out = tmp_path / "pack"
    assert make(out, "--state", state, "--unsigned") == 0
    (out / "stray.txt").write_text("mine")
    said = refused(capsys, out, "--state", state, "--unsigned")
    assert "pack holds stray.txt, no file of the pack; move it away" in said
    (out / "stray.txt").unlink()
    (out / "away").symlink_to(tmp_path)
    assert "holds something else" in refused(capsys, out, "--state", state, "--unsigned")


def test_a_link_as_the_target_is_not_followed(tmp_path: Path, state: Path, capsys: Any) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "pack").symlink_to(tmp_path / "elsewhere")
    said = refused(capsys, tmp_path / "pack", "--state", state, "--unsigned")
    assert "is a link; name the folder itself" in said
    assert not list((tmp_path / "elsewhere").iterdir())


def test_folders_beside_the_pack_that_are_not_its_own_stay(tmp_path: Path, state: Path) -> None:
    for name in (".pack.part", ".pack.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine").write_text("x")
    out = tmp_path / "pack"
    assert make(out, "--state", state, "--unsigned") == make(out, "--state", state, "--unsigned") == 0
    assert (tmp_path / ".pack.part" / "mine").exists() and (tmp_path / ".pack.old" / "mine").exists()


def test_what_a_killed_run_left_neither_counts_nor_blocks(tmp_path: Path, state: Path) -> None:
    made = tmp_path / "reports" / "one"
    main(["report", "--state", str(state), "--out", str(made)])
    for name in (".one-abcd1234.draft", ".one-x"):
        shutil.copytree(made, made.parent / name)
        (made.parent / name / "report.json").write_text("{")
    drill(tmp_path / "drills" / ".left")
    more = ("--reports", tmp_path / "reports", "--drills", tmp_path / "drills", "--unsigned")
    assert make(tmp_path / "pack", *more) == 0
    told = index(tmp_path / "pack")
    assert (len(told["reports"]), told["drills"]) == (1, [])


@pytest.mark.parametrize("stamp", ["2999-01-01T00:00:00+00:00", "soon"])
def test_a_report_of_the_future_is_refused(tmp_path: Path, state: Path, capsys: Any, stamp: str) -> None:
    made = tmp_path / "reports" / "one"
    main(["report", "--state", str(state), "--out", str(made), "--format", "json"])
    told = json.loads((made / "report.json").read_text())
    (made / "manifest.json").unlink()
    (made / "report.json").write_text(json.dumps({**told, "judged_at": stamp}))
    capsys.readouterr()
    said = refused(capsys, tmp_path / "pack", "--reports", tmp_path / "reports", "--unsigned")
    assert f"judged_at: '{stamp}' is {'no time' if stamp == 'soon' else 'in the future'}" in said


def test_an_unsigned_report_never_replaces_a_signed_one(tmp_path: Path, state: Path, kms: Kms) -> None:
    main(["report", "--state", str(state), "--out", str(tmp_path / "reports" / "a"), "--sign", KEY])
    later = json.loads((tmp_path / "reports" / "a" / "report.json").read_text())
    later["findings"] = [{**f, "verdict": "passed"} for f in later["findings"] if f["rule"] == "topic-cmek"]
    later["judged_at"] = datetime.now(UTC).isoformat(timespec="microseconds")
    (tmp_path / "reports" / "b").mkdir()
    (tmp_path / "reports" / "b" / "report.json").write_text(json.dumps(later))
    assert make(tmp_path / "pack", "--reports", tmp_path / "reports", "--unsigned") == 0
    told = index(tmp_path / "pack")
    assert control(told, "hipaa", "164.312(a)(2)(iv)")["status"] == "not_satisfied"


def test_canaries_that_are_no_text_are_refused(tmp_path: Path, state: Path, capsys: Any) -> None:
    (tmp_path / "canaries").write_bytes(b"\xff\xfe")
    more = ("--state", state, "--canaries", tmp_path / "canaries", "--unsigned")
    assert "--canaries: " in (said := refused(capsys, tmp_path / "pack", *more)) and "is no text" in said


def test_waivers_are_counted_by_whether_they_still_count(tmp_path: Path, state: Path, capsys: Any) -> None:
    entry = (
        "- {{rule: topic-cmek, resource: '{}', owner: sam@example.org, ticket: OPS-1, expires: {},\n"
        "   reason: The old system cannot use keys, compensating_control: It holds no patient data}}\n"
    )
    soon = (NOW + timedelta(days=60)).date()
    first = datetime(NOW.year, 3 * ((NOW.month + 2) // 3) - 2, 1).date()
    used, idle, ended = "<script>alert(1)</script>", "other", "older"
    file = tmp_path / "waivers.yaml"
    file.write_text(entry.format(used, soon) + entry.format(idle, soon))
    made = tmp_path / "reports" / "one"
    main(["report", "--state", str(state), "--out", str(made), "--waivers", str(file), "--format", "json"])
    file.write_text(file.read_text() + entry.format(ended, first))
    capsys.readouterr()
    more = ("--reports", tmp_path / "reports", "--waivers", file, "--unsigned")
    assert make(tmp_path / "pack", *more) == 0
    now = 3 if NOW.date() == first else 2  # its last day counts
    said = f"{now} now, {3 - now} that ended in the period, 1 used"
    assert f"waivers: {said}" in capsys.readouterr().out
    assert said in (tmp_path / "pack" / "index.html").read_text()


def test_progress_is_said_once_it_lasts(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 1.9, 2.1])
    tell = Progress(lambda: next(times))
    tell("reading")
    tell("judging")
    assert capsys.readouterr().err == "judging (2 s so far)\n"
