from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from infra.cli.graph import edges, rooms, source, svg
from infra.cli.main import main
from infra.cli.state import State, read
from tests.infra.cli.states import exported, resource


def stack() -> dict[str, Any]:
    """A key, a topic under it, a subscription of the topic, which needs the key too."""
    ring = resource("careplane:kms:Ring", "keys")
    key = resource("gcp:kms/cryptoKey:CryptoKey", "clinical", parent=ring["urn"])
    topic = resource("careplane:pubsub:Topic", "fhir")
    messages = resource("gcp:pubsub/topic:Topic", "fhir", parent=topic["urn"], dependencies=[key["urn"]])
    subscription = resource("careplane:pubsub:Subscription", "reader")
    reads = resource(
        "gcp:pubsub/subscription:Subscription",
        "reader",
        parent=subscription["urn"],
        dependencies=[key["urn"], messages["urn"]],
    )
    return exported(ring, key, topic, messages, subscription, reads)


def state() -> State:
    return read(stack(), "given")


def test_components_lie_in_their_rooms() -> None:
    assert {room: [each.name for each in held] for room, held in rooms(state()).items()} == {
        "kms": ["keys"],
        "pubsub": ["fhir", "reader"],
    }


def test_what_follows_from_others_has_no_edge_of_its_own() -> None:
    names = {(a.rsplit("::", 1)[-1], b.rsplit("::", 1)[-1]) for a, b in edges(state())}
    assert names == {("reader", "fhir"), ("fhir", "keys")}


def test_svg_without_a_dot_program(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    root = ElementTree.fromstring(svg(state()))
    texts = {each.text for each in root.iter("{http://www.w3.org/2000/svg}text")}
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert {"kms", "pubsub", "Ring keys", "CryptoKey clinical", "Topic fhir"} <= texts
    assert (
        len([each for each in root.iter("{http://www.w3.org/2000/svg}g") if each.get("class") == "edge"]) == 2
    )
    assert capfd.readouterr().err == ""


def test_many_of_a_kind_are_counted() -> None:
    ring = resource("careplane:kms:KeyGrants", "grants")
    members = [resource("gcp:kms/cryptoKeyIAMMember:M", f"m{n}", parent=ring["urn"]) for n in range(5)]
    assert "M × 5" in source(read(exported(ring, *members), "f"))


def test_names_cannot_break_out_of_the_picture() -> None:
    hostile = '</text><script>alert(1)</script>"]; x [label="'
    picture = svg(read(exported(resource("gcp:pubsub/topic:Topic", hostile), stack='a"b'), "f"))
    assert "<script>" not in picture
    ElementTree.fromstring(picture)


def test_an_empty_stack_is_a_picture_too() -> None:
    ElementTree.fromstring(svg(read(exported(), "f")))


def test_the_command_writes_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given, out = tmp_path / "state.json", tmp_path / "s.svg"
    given.write_text(json.dumps(stack()))
    assert main(["graph", "--state", str(given), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(out),
        "resources": 3,
        "rooms": {"kms": 1, "pubsub": 2},
    }
    ElementTree.parse(out)
    assert main(["graph", "--state", str(given), "--out", "-"]) == 0
    assert "<svg" in capsys.readouterr().out


def test_the_command_with_a_bad_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "--state", str(tmp_path / "none.json")]) == 2
    assert "infra: --state:" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        main(["graph"])
    assert caught.value.code == 2


def test_file_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "state.json").write_text(json.dumps(stack()))
    out = str(tmp_path / "none" / "x.svg")
    assert main(["graph", "--state", str(tmp_path / "state.json"), "--out", out]) == 2
    assert "--out" in capsys.readouterr().err
