from __future__ import annotations

import json

import pytest

from infra.cli.main import main


def test_stacks_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stacks", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["kind"] for each in found] == ["organization", "foundation", "cell", "tenant", "tenant"]


def test_bad_input_is_two_and_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stacks", "--place", "moon"]) == 2
    assert capsys.readouterr().err == "infra: --place: 'moon' is not allowed; allowed: local\n"


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


def test_tenant_add_refuses_a_bad_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tenant", "add", "Not_A_Label"]) == 2
    assert "DNS label" in capsys.readouterr().err
