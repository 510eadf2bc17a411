from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ConfigError
from infra.pubsub.schema import Schema, SchemaArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

AVRO = '{"type": "record", "name": "Booked", "fields": [{"name": "slot", "type": "string"}]}'
ARGS = SchemaArgs(SITE, "booked", AVRO)


def test_an_avro_record() -> None:
    inputs = declare(lambda: Schema("s", ARGS) and None).one("Schema").inputs
    assert (inputs["type"], inputs["definition"]) == ("AVRO", AVRO)


def test_a_protocol_buffer_message() -> None:
    text = 'syntax = "proto3"; message Booked { string slot = 1; }'
    args = replace(ARGS, type="PROTOCOL_BUFFER", definition=text)
    assert declare(lambda: Schema("s", args) and None).one("Schema").inputs["type"] == "PROTOCOL_BUFFER"


@pytest.mark.parametrize(
    ("kind", "definition", "named"),
    [
        ("AVRO", '"string"', "an Avro record"),
        ("AVRO", "message Booked {}", "an Avro record"),
        ("PROTOCOL_BUFFER", AVRO, "a Protocol Buffer message"),
        ("XML", AVRO, "AVRO, PROTOCOL_BUFFER"),
        ("AVRO", AVRO + " " * 300_000, "up to 300000"),
    ],
)
def test_what_is_no_schema_is_refused(kind: str, definition: str, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        SchemaArgs(SITE, "s", definition, kind)  # type: ignore[arg-type]
