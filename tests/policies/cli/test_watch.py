"""`watch`: a look that fails is itself told, and the next one is tried."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from policies.cli import main, watch
from policies.errors import StateError
from policies.live import parse
from tests.policies.test_watch import KEY, changed, refresh

WAIVERS = "[]\n"


def entries(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_waivers_come_from_the_file_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "read_live", lambda stack: parse(refresh(changed(KEY)), stack))
    (tmp_path / "mine.yaml").write_text(WAIVERS)
    assert main(["watch", "--stack", "local-cell", "--once", "--waivers", str(tmp_path / "mine.yaml")]) == 1
    assert {each["kind"] for each in entries(capsys)} >= {"drift"}


class Looks:
    """Fails in one way after another; ends as somebody does who presses Ctrl-C."""

    def __init__(self, *errors: BaseException) -> None:
        self._errors = list(errors)

    def __call__(self, stack: str) -> Any:
        raise self._errors.pop(0)


def test_a_look_that_fails_in_any_way_is_told_and_the_next_is_tried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = (StateError("local-cell", "gone"), OSError("no network"), KeyError("x"), RecursionError("deep"))
    monkeypatch.setattr(watch, "read_live", Looks(*errors, KeyboardInterrupt()))
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    assert main(["watch", "--stack", "local-cell", "--every", "10"]) == 130
    told = entries(capsys)
    assert [(each["kind"], each["severity"]) for each in told] == [("blind", "ERROR")] * 4
    assert "state local-cell: gone" in told[0]["message"]
    assert "KeyError: 'x'" in told[2]["message"]
    assert all(each["time"] for each in told)
    assert slept == [10, 10, 10, 10]
