"""The command line as a person meets it: help, exit codes, sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from localcloud.cli import COMMANDS, build_parser, main
from localcloud.ports import APIS


def run(*words: str, home: Path, **environ: str) -> int:
    return main(words, {"CAREPLANE_HOME": str(home), **environ})


@pytest.mark.parametrize("name", [name for name, _ in COMMANDS])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"python -m localcloud {name}" in capsys.readouterr().out


def test_the_help_lists_every_command() -> None:
    text = build_parser().format_help()
    assert all(f"\n    {name} " in text for name, _ in COMMANDS)


def test_an_unknown_command_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fly"])
    assert ended.value.code == 2
    assert "invalid choice: 'fly'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"CAREPLANE_ADDRESS": "10.0.0.1"}, "CAREPLANE_ADDRESS: '10.0.0.1' is not allowed"),
        ({"CAREPLANE_ADDRESS": "0.0.0.0"}, "allowed: a loopback address"),
        ({"CAREPLANE_PORT_BASE": "80"}, "CAREPLANE_PORT_BASE: '80' is not allowed; allowed: 1024 to"),
        ({"CAREPLANE_PORT_BASE": "high"}, "CAREPLANE_PORT_BASE: 'high' is not allowed"),
    ],
)
def test_a_bad_setting_is_one_sentence_and_code_2(
    environ: dict[str, str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("endpoints", home=tmp_path, **environ) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1 and captured.out == ""


def test_an_option_wins_over_its_variable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("endpoints", "--json", "--port-base", "21000", home=tmp_path, CAREPLANE_PORT_BASE="22000") == 0
    assert json.loads(capsys.readouterr().out)["accesscontextmanager"] == "http://127.0.0.1:21000"


def test_stack_config_is_yaml_with_every_endpoint_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("endpoints", "--stack-config", home=tmp_path) == 0
    keys = yaml.safe_load(capsys.readouterr().out)
    assert set(keys) == {f"gcp:{key}" for api in APIS for key, _ in api.endpoints}
    assert keys["gcp:kmsCustomEndpoint"] == "http://127.0.0.1:17006/v1/"


def test_status_without_a_server_is_the_answer_no(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status", "--json", home=tmp_path) == 1
    assert json.loads(capsys.readouterr().out)["running"] is False


@pytest.mark.parametrize(
    "words", [["reset", "--yes"], ["fault", "list"], ["fault", "set", "region-down", "r"]]
)
def test_what_needs_a_server_says_how_to_start_one(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words, home=tmp_path) == 1
    assert "start it with `python -m localcloud up`" in capsys.readouterr().err


def test_down_without_a_server_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("down", home=tmp_path) == 0
    assert capsys.readouterr().out == "No local cloud runs.\n"


def test_reset_asks_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("reset", home=tmp_path) == 1
    assert "Say --yes" in capsys.readouterr().out


def test_a_bad_fault_detail_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fault", "set", "latency", "cloudkms", "slow", home=tmp_path) == 2
    assert "detail 'slow' is not allowed; allowed: KEY=VALUE" in capsys.readouterr().err


def test_logs_lists_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = tmp_path / "localcloud" / "run"
    logs.mkdir(parents=True)
    (tmp_path / "localcloud" / "server.log").write_text("one\ntwo\nthree\n")
    (logs / "riverside.log").write_text("hello\n")
    assert run("logs", "-n", "2", home=tmp_path) == 0
    assert capsys.readouterr().out == "two\nthree\n"
    assert run("logs", "riverside", home=tmp_path) == 0
    assert capsys.readouterr().out == "hello\n"
    assert run("logs", "nobody", home=tmp_path) == 2
    assert "there are: server, riverside" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_one_sentence_before_anything_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert run("toolchain", home=tmp_path / "file") == 2
    captured = capsys.readouterr()
    assert f"cannot write {tmp_path / 'file' / 'localcloud'}" in captured.err
    assert captured.err.count("\n") == 1 and captured.out == ""
