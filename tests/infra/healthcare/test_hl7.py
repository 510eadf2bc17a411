from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.healthcare.dataset import Dataset, DatasetArgs
from infra.healthcare.hl7 import Hl7Options, Notification
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = DatasetArgs(SITE, "d", "key", "ehr", feeds="feeds")


def _hl7(options: Hl7Options) -> dict[str, Any]:
    args = replace(ARGS, hl7_options=options)
    return declare(lambda: Dataset("d", args) and None).one("Hl7Store").inputs


def test_as_strict_as_before_without_options() -> None:
    inputs = _hl7(Hl7Options())
    assert inputs["rejectDuplicateMessage"] is True
    assert inputs["parserConfig"] == {"version": "V3", "allowNullHeader": False}
    assert "notificationConfigs" not in inputs


def test_topics_hear_what_their_filters_let_pass() -> None:
    wanted = Hl7Options(notifications=(Notification("admissions", 'messageType="ADT"'), Notification("all")))
    assert _hl7(wanted)["notificationConfigs"] == [
        {"pubsubTopic": "admissions", "filter": 'messageType="ADT"'},
        {"pubsubTopic": "all"},
    ]


def test_a_schematised_parser() -> None:
    parser = _hl7(Hl7Options(schema='{"schemas": []}', segment_terminator="Cg=="))["parserConfig"]
    assert (parser["schema"], parser["segmentTerminator"]) == ('{"schemas": []}', "Cg==")


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Notification("t", 'PatientId("123456", "MRN")'), "without PatientId"),
        (lambda: Hl7Options(parser="V4"), "V1, V2, V3"),
        (lambda: Hl7Options(schema="schemas: []"), "a JSON object"),
        (lambda: Hl7Options(schema="[]"), "a JSON object"),
    ],
)
def test_bad_options_say_what_is_allowed(make: Callable[[], object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        make()
