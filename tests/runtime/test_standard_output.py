"""The audit trail's lines, as Cloud Run takes them to Cloud Logging."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from runtime.clients.logging import LONGEST, Line, StandardOutput
from runtime.errors import Unavailable


def written(*lines: Line) -> list[dict[str, Any]]:
    stream = io.BytesIO()
    StandardOutput({"tenant": "riverside"}, stream).write(lines)
    return [json.loads(each) for each in stream.getvalue().splitlines()]


def test_a_line_is_an_entry_with_an_id_a_severity_and_a_label() -> None:
    (found,) = written(Line("a-access", {"message": "read\nPatient", "time": "2026-11-20T00:00:00+00:00"}))
    assert found == {
        "severity": "NOTICE",
        "logging.googleapis.com/insertId": "a-access",
        "logging.googleapis.com/labels": {"tenant": "riverside"},
        "message": "read\nPatient",
        "time": "2026-11-20T00:00:00+00:00",
    }


def test_no_payload_ends_its_line_and_begins_another() -> None:
    assert len(written(Line("a", {"message": "x\r\n{}\u2028\n"}), Line("b", {"message": "y"}))) == 2


def test_a_line_that_cloud_logging_would_not_take_says_how_much_it_leaves_out() -> None:
    references = tuple(f"Observation/{number:036d}" for number in range(5000))
    (found,) = written(Line("a", {"message": "search", "references": references, "more_references": 7}))
    assert found["references"] == [] and found["more_references"] == 5007
    assert len(json.dumps(found)) < LONGEST


def test_output_that_is_closed_is_told() -> None:
    stream = io.BytesIO()
    stream.close()
    with pytest.raises(Unavailable):
        StandardOutput({}, stream).write([Line("a", {})])
