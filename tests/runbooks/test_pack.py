"""An evidence pack: whole, signed, told to people and machines, and free of what must not be in it."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.errors import EvidenceError
from evidence.manifest import NAME as MANIFEST
from evidence.manifest import SIGNATURE
from runbooks.cli.main import main
from runbooks.drill import journal
from runbooks.errors import PackError
from runbooks.pack import build, document, page
from runbooks.pack.content import Section
from runbooks.pack.pdf import pdf
from runbooks.pack.plot import Plot
from runbooks.pack.samples import LOG, read
from runbooks.pack.verify import verify
from tests.runbooks.packs import pack, public_key, run_drill
from tests.runbooks.synthetic import ENGINE, STACK


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAREPLANE_HOME", str(tmp_path / "home"))


def written(folder: Path) -> None:
    """What the writer of a drill with load leaves: 30 writes, one refused."""
    begun = journal.read(folder)["started"]
    at = datetime.fromisoformat(begun).timestamp()
    lines: list[dict[str, Any]] = [
        {"number": n, "at": at + n / 10, "seconds": n / 1000, "id": f"i{n}"} for n in range(1, 31)
    ]
    lines.append({"number": 31, "at": at + 5, "seconds": 1, "error": "503"})
    (folder / LOG).write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_pack_holds_with_the_key_of_the_one_who_trusts_it(tmp_path: Path) -> None:
    found = pack(tmp_path)
    told = verify(found, public_key(tmp_path).read_text(), max_age=90)
    assert (told["drill"], told["stack"], told["verdict"]) == ("copy-and-restore", STACK, "passed")
    assert main(["verify", str(found), "--json"], ENGINE) == 0


def test_a_pack_names_everything_that_the_policy_for_drills_asks_for(tmp_path: Path) -> None:
    told = document.read(pack(tmp_path))
    date.fromisoformat(told["date"])
    assert told["objectives"] == {"rpo_seconds": 0, "rto_seconds": 30}
    assert told["measured"]["rpo_seconds"] == 0
    assert 0 <= told["measured"]["rto_seconds"] < 30
    assert told["roles"] == {"operator": "Ann", "reviewer": None}
    assert {check["status"] for check in told["checks"]} == {"done"}


def test_the_documents_fit_their_schemas(tmp_path: Path) -> None:
    found = pack(tmp_path)
    folder = Path(journal.__file__).parent
    schema = json.loads((folder / "journal.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads((found / "journal.json").read_text()), schema)
    lines = json.loads((folder / "line.schema.json").read_text())
    for line in (found / "journal.jsonl").read_text().splitlines():
        jsonschema.validate(json.loads(line), lines)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack with plots; whoever spoils it mends it."""
    found = pack(tmp_path_factory.mktemp("whole"))
    written(found)
    build.seal(found, ENGINE.key(STACK, None))
    return found


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_flipped_byte_of_any_file_is_found_and_the_file_named(whole: Path, data: st.DataObject) -> None:
    path = whole / data.draw(st.sampled_from(sorted(p.name for p in whole.iterdir())))
    raw = path.read_bytes()
    at = data.draw(st.integers(0, len(raw) - 1))
    try:
        path.write_bytes(raw[:at] + bytes([raw[at] ^ data.draw(st.integers(1, 255))]) + raw[at + 1 :])
        with pytest.raises((EvidenceError, PackError)) as caught:
            verify(whole)
        assert path.name in str(caught.value)
    finally:
        path.write_bytes(raw)


def test_every_byte_of_the_signature_matters(whole: Path) -> None:
    path = whole / SIGNATURE
    raw = path.read_bytes()
    try:
        for at in range(len(raw)):
            path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
            with pytest.raises((EvidenceError, PackError), match=re.escape(SIGNATURE)):
                verify(whole)
    finally:
        path.write_bytes(raw)
    verify(whole)


@pytest.mark.parametrize("name", sorted({"journal.jsonl", *build.MADE} - {SIGNATURE, MANIFEST}))
def test_any_missing_file_is_named(whole: Path, tmp_path: Path, name: str) -> None:
    found = tmp_path / "pack"
    shutil.copytree(whole, found)
    (found / name).unlink()
    with pytest.raises(EvidenceError, match=f"^{re.escape(name)}: is missing"):
        verify(found)


def test_a_failed_drill_has_a_pack_that_holds_and_says_so(tmp_path: Path) -> None:
    found = run_drill(tmp_path, code=1, LOSE="1")
    told = verify(found)
    assert told["verdict"] == "failed"
    failed = [check["do"] for check in told["checks"] if check["status"] == "failed"]
    assert failed == ["restored-is-the-same"]
    shown = {each["status"] for each in told["controls"]}
    assert shown == {"not_shown"}
    assert "failed" in (found / "report.html").read_text()


def test_the_control_map_names_every_control_and_shows_recovery_only_where_it_passed(tmp_path: Path) -> None:
    found = pack(tmp_path)
    told = document.read(found)["controls"]
    assert {each["control"] for each in told} == {
        *(f"164.308(a)(7)(ii)({letter})" for letter in "ABCDE"), "CP-4", "CP-9", "CP-10", "A1.2", "A1.3",
        "32(1)(b)", "32(1)(c)", "32(1)(d)", "09.l", "12.c",
    }  # fmt: skip
    status = {each["control"]: each["status"] for each in told}
    assert (status["CP-9"], status["CP-4"]) == ("shown", "not_shown")
    assert main(["report", str(found), "--reviewer", "Bob"], ENGINE) == 0
    status = {each["control"]: each["status"] for each in document.read(found)["controls"]}
    assert (status["CP-9"], status["CP-4"]) == ("shown", "shown")


def test_a_review_and_what_is_to_be_mended_are_kept_and_signed_again(tmp_path: Path) -> None:
    found = pack(tmp_path)
    assert main(
        ["report", str(found), "--reviewer", "Bob", "--note", "as planned",
         "--corrective", "Name a deputy | Ann | 2027-01-31"], ENGINE,
    ) == 0  # fmt: skip
    assert main(["report", str(found), "--corrective", "Shorten it|Cleo|2027-02-28"], ENGINE) == 0
    told = verify(found)
    assert (told["review"]["by"], told["review"]["note"]) == ("Bob", "as planned")
    assert [each["owner"] for each in told["corrective_actions"]] == ["Ann", "Cleo"]
    text = (found / "report.html").read_text()
    assert "accepted by Bob" in text
    assert "Shorten it" in text


def test_plots_show_every_second_and_the_reports_hold_them(tmp_path: Path) -> None:
    found = pack(tmp_path)
    written(found)
    told = build.seal(found, ENGINE.key(STACK, None))
    assert told["load"] == {"writes": 30, "errors": 1, "p50_ms": 15.0, "p99_ms": 30.0}
    seen = read(found, journal.read(found))
    assert [value for _, value in seen.throughput] == [9.0, 10.0, 10.0, 1.0]
    for name in build.PLOTS:
        svg = ElementTree.parse(found / f"{name}.svg").getroot()
        assert svg.tag.endswith("svg")
        assert (found / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert (found / "report.html").read_text().count("<svg") == 2
    assert (found / "report.pdf").read_bytes().count(b"/Subtype /Image") == 2
    verify(found)


def test_a_second_without_a_write_is_drawn_as_nothing(tmp_path: Path) -> None:
    found = pack(tmp_path)
    run = journal.read(found)
    at = datetime.fromisoformat(run["started"]).timestamp()
    lines = [{"number": n, "at": at + n, "seconds": 0.01, "id": "x"} for n in (1, 4)]
    (found / LOG).write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert read(found, run).throughput == ((1.0, 1.0), (2.0, 0.0), (3.0, 0.0), (4.0, 1.0))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e6)), max_size=20),
    st.text(max_size=20),
    st.booleans(),
)
def test_any_series_is_drawn(points: list[tuple[float, float]], title: str, line: bool) -> None:
    plot = Plot(title.encode("ascii", "replace").decode(), "ms", points, [(1.0, "x")], line)
    clean = re.sub(r"[\x00-\x1f\x7f]", "", plot.svg())
    ElementTree.fromstring(clean)
    assert plot.png()


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\u202eevil", "\ud800", "Zoë Ångström 山田", "a\x00b"]
)
def test_any_name_is_shown_and_none_is_markup(text: str) -> None:
    part = Section("Roles", text, ("Role", "Who"), (("operator", text),))
    shown = page.html(text, "passed", [part], [], "", text)
    assert "<script" not in shown
    assert "\u202e" not in shown
    shown.encode("utf-8")
    when = datetime(2026, 1, 1)
    assert pdf(text, [part], [], "", text, when).startswith(b"%PDF")


def test_the_pdf_says_what_the_page_says(tmp_path: Path) -> None:
    raw = (pack(tmp_path) / "report.pdf").read_bytes()
    for words in (
        b"copy-and-restore on synthetic-tenant-a: passed",
        b"Objectives and measurements",
        b"CP-10",
    ):
        assert words in raw


@pytest.mark.parametrize("canary", ["Ann", "synthetic-tenant-a", "every row is here"])
def test_a_canary_in_any_file_fails_the_pack_and_is_not_repeated(
    tmp_path: Path, canary: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = pack(tmp_path)
    (found / "notes.txt").write_text("every row is here")
    (tmp_path / "canaries").write_text(canary + "\n")
    assert main(["report", str(found), "--canaries", str(tmp_path / "canaries")], ENGINE) == 1
    said = capsys.readouterr().err
    assert "holds patient data" in said
    assert not (found / MANIFEST).exists()


@pytest.mark.parametrize(
    "hidden",
    [
        'Zo\\u00eb \\"Z\\" <Q>',
        "Zo\u00eb &quot;Z&quot; &lt;Q&gt;",
        "Zo%C3%AB%20%22Z%22%20%3CQ%3E",
        "eFpvw6sgIloiIDxRPg==",
    ],
)
def test_a_canary_is_found_in_other_clothes(tmp_path: Path, hidden: str) -> None:
    found = pack(tmp_path)
    (found / "notes.txt").write_text(f"before {hidden} after")
    with pytest.raises(EvidenceError, match=r"notes\.txt: holds patient data"):
        build.seal(found, ENGINE.key(STACK, None), ['Zoë "Z" <Q>'])


def test_what_a_run_seeded_itself_is_searched_for_without_being_asked(tmp_path: Path) -> None:
    found = run_drill(tmp_path)
    (found / "notes.txt").write_text("Nobody-0123456789abcdef")
    with pytest.raises(EvidenceError, match=r"notes\.txt"):
        build.seal(found, ENGINE.key(STACK, None))


def test_an_unsigned_pack_says_so_and_does_not_verify(tmp_path: Path) -> None:
    found = run_drill(tmp_path, "--unsigned")
    assert "This pack is not signed" in (found / "report.html").read_text()
    with pytest.raises(PackError, match="the pack is not signed"):
        verify(found)


def test_an_attestation_of_the_key_is_in_the_pack(tmp_path: Path) -> None:
    found, key = pack(tmp_path), ENGINE.key(STACK, None)
    attested = type(key)(
        key.signer, {**key.about, "attestation": {"format": "CAVIUM_V2_COMPRESSED", "content": "eA=="}}
    )
    build.seal(found, attested)
    assert json.loads((found / "key.json").read_text())["attestation"]["content"] == "eA=="
    assert "with an attestation of Cloud KMS" in (found / "report.html").read_text()
    verify(found)


def test_a_period_s_evidence_takes_the_pack_in(tmp_path: Path) -> None:
    """`python -m policies evidence --drills` reads what drills write."""
    from policies.evidence import found, period

    pack(tmp_path)
    year = str(datetime.now().year)
    (drill,) = found.drills(tmp_path, period.parse(year))
    assert isinstance(drill, found.FoundDrill)
    assert (drill.name, drill.stack, drill.verdict) == ("copy-and-restore", STACK, "passed")
    assert drill.signed_by == "keys/evidence/1"
