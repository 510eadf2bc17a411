from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.cli.main import main
from tests.infra.cli.states import exported, resource


def test_stacks_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stacks", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["kind"] for each in found] == ["organization", "foundation", "cell", "tenant", "tenant"]


def test_bad_input_is_two_and_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stacks", "--place", "moon"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("infra: --place: 'moon' is not allowed; allowed: ")
    assert said.count("\n") == 1 and "local" in said


def test_without_an_engine_it_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["up"]) == 2
    assert "python -m localcloud env" in capsys.readouterr().err


def test_unknown_command_is_bad_usage() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["fly"])
    assert caught.value.code == 2


@pytest.mark.parametrize("word", ["new", "add"])
def test_tenant_new_refuses_a_bad_name(capsys: pytest.CaptureFixture[str], word: str) -> None:
    assert main(["tenant", word, "Not_A_Label"]) == 2
    assert "DNS label" in capsys.readouterr().err


def test_a_reader_that_leaves_early_gets_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    rings = [resource("gcp:kms/keyRing:KeyRing", f"r{n}", {"location": "europe-west3"}) for n in range(2000)]
    path.write_text(json.dumps(exported(*rings)))
    command = [sys.executable, "-m", "infra", "residency", "--state", str(path), "--jurisdiction", "eu"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout and running.stderr
        assert running.stdout.read(3) == b"## "
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1
