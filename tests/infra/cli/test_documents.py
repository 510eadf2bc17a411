"""Against a running local cloud: out of one bucket, into another, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.cli import documents
from infra.cli.documents import Bucket
from infra.cli.google import ApiFailed, Google
from infra.cli.operator import Operator
from infra.errors import ConfigError
from tests.localcloud import running

pytestmark = pytest.mark.slow
CONTENTS = {"a/scan 1.pdf": b"%PDF" + bytes(range(256)) * 5000, "ünïcode?#.txt": b"x", "empty": b""}


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Google]:
    cloud = running.start(tmp_path_factory.mktemp("documents"))
    yield Google({"storage": cloud.settings.url("storage") + "/storage/v1/"}, cloud.operator_token)
    cloud.close()


def bucket(google: Google, name: str) -> Bucket:
    google.call("POST", "storage", "b?project=careplane-cell", {"name": name, "location": "EUROPE-WEST3"})
    return Bucket(Operator(google), name)


@pytest.fixture
def full(google: Google, tmp_path: Path, request: pytest.FixtureRequest) -> Bucket:
    found = bucket(google, f"old-{abs(hash(request.node.name))}")
    for name, content in CONTENTS.items():
        (tmp_path / "content").write_bytes(content)
        document = {"name": name, "contentType": "application/pdf", "metadata": {"patient": "1"}}
        found.write(document, tmp_path / "content")
    return found


def test_every_byte_and_what_is_known_of_it_arrives(full: Bucket, google: Google, tmp_path: Path) -> None:
    assert documents.export(full, tmp_path / "out") == len(CONTENTS)
    new = bucket(google, f"new-{full.name}")
    assert documents.differences(new, tmp_path / "out") == sorted(
        f"{name}: is not in the bucket" for name in CONTENTS
    )
    assert documents.load(new, tmp_path / "out") == len(CONTENTS)
    assert documents.differences(new, tmp_path / "out") == []
    there = {each["name"]: each for each in new.objects()}
    for name, content in CONTENTS.items():
        assert b"".join(new.read(name, there[name]["generation"])) == content
        assert (there[name]["contentType"], there[name]["metadata"]) == ("application/pdf", {"patient": "1"})


def test_what_is_there_is_not_written_again(full: Bucket, google: Google, tmp_path: Path) -> None:
    documents.export(full, tmp_path / "out")
    assert documents.load(full, tmp_path / "out") == 0


def test_a_difference_is_named(full: Bucket, tmp_path: Path) -> None:
    documents.export(full, tmp_path / "out")
    (tmp_path / "content").write_bytes(b"other")
    full.write({"name": "empty"}, tmp_path / "content")
    full.write({"name": "late"}, tmp_path / "content")
    assert documents.differences(full, tmp_path / "out") == [
        "empty: is another",
        "late: is not in the folder",
    ]
    assert documents.load(full, tmp_path / "out") == 1


def test_an_export_that_was_spoilt_does_not_pass(full: Bucket, google: Google, tmp_path: Path) -> None:
    documents.export(full, tmp_path / "out")
    (tmp_path / "out" / "000001").write_bytes(b"spoilt")
    with pytest.raises(documents.DocumentFailed, match="arrived with hash"):
        documents.load(bucket(google, f"spoilt-{full.name}"), tmp_path / "out")


def test_a_folder_that_is_not_empty_or_no_export(full: Bucket, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(ConfigError, match="a folder that `tenant documents export` wrote"):
        documents.load(full, tmp_path / "out")
    (tmp_path / "out" / "x").write_text("x")
    with pytest.raises(ConfigError, match="a folder that is empty or not there"):
        documents.export(full, tmp_path / "out")


def test_without_the_right_nothing_is_read(full: Bucket, tmp_path: Path) -> None:
    with pytest.raises(ApiFailed):
        documents.export(
            Bucket(Operator(replace(full.operator.given, token="nobody")), full.name), tmp_path / "out"
        )
