"""Progress: silent for short steps, a line for long ones."""

from __future__ import annotations

import io
import time

import pytest

from localcloud.toolchain.progress import Progress


def test_a_short_step_says_nothing() -> None:
    out = io.StringIO()
    with Progress("looking", out=out, quiet=5):
        pass
    assert out.getvalue() == ""


def test_a_long_step_says_what_it_does_and_how_long() -> None:
    out = io.StringIO()
    with Progress("building", out=out, quiet=0.02, every=0.02):
        time.sleep(0.1)
    lines = out.getvalue().splitlines()
    assert lines[0] == "building (0 s)"
    assert lines[-1] == "building: done after 0 s"


def test_a_step_that_fails_is_not_called_done() -> None:
    out = io.StringIO()
    with pytest.raises(ValueError), Progress("building", out=out, quiet=0):
        raise ValueError
    assert out.getvalue().splitlines()[-1] == "building: stopped after 0 s"
