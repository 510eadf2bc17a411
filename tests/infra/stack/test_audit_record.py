"""What the runtime publishes has the form that the topic's schema asks for, by Google's own JSON parser.

localcloud takes messages of a Protocol Buffer schema as they come, so nothing but this would show it.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from infra.stack.tenant_messages import AUDIT_RECORD
from runtime.audit.record import AuditRecord

FIELD = re.compile(r"^  (repeated )?(string|int32) (\w+) = (\d+);$", re.MULTILINE)
READ = AuditRecord(
    id="1",
    phase="access",
    time="2026-11-25T10:00:00.000+00:00",
    tenant="riverside",
    interaction="search-type",
    request="r",
    source="203.0.113.7",
    client="portal",
    type="Patient",
    references=("Patient/1", "Patient/2"),
    parameters=("name", "birthdate"),
    status=200,
    more_references=12,
)
UNKNOWN = AuditRecord("2", "intent", "t", "riverside", "unknown", "r", "s")
"""All that may be left out is."""


@pytest.fixture(scope="module")
def form() -> Any:
    """The message class of the definition."""
    kinds = descriptor_pb2.FieldDescriptorProto
    message = descriptor_pb2.DescriptorProto(name="AuditRecord")
    for repeated, kind, name, number in FIELD.findall(AUDIT_RECORD):
        message.field.add(
            name=name,
            number=int(number),
            type=kinds.TYPE_STRING if kind == "string" else kinds.TYPE_INT32,
            label=kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL,
        )
    assert AUDIT_RECORD.count(" = ") - 1 == len(message.field), "a field that this test cannot read"
    file = descriptor_pb2.FileDescriptorProto(name="a.proto", syntax="proto3", message_type=[message])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("AuditRecord"))


@pytest.mark.parametrize("record", [READ, UNKNOWN])
def test_a_record_fits_and_nothing_of_it_is_lost(form: Any, record: AuditRecord) -> None:
    read = json_format.Parse(record.canonical(), form())
    back = json_format.MessageToDict(read, preserving_proto_field_name=True)
    said = {key: value for key, value in json.loads(record.canonical()).items() if value}
    assert back == said


def test_every_field_of_a_record_is_in_the_form(form: Any) -> None:
    assert {each.name for each in form.DESCRIPTOR.fields} == {each.name for each in fields(AuditRecord)}


@pytest.mark.parametrize(
    "changes", [{"patient": "Patient/1"}, {"status": "late"}, {"references": "Patient/1"}]
)
def test_anything_else_is_refused(form: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(json_format.ParseError):
        json_format.Parse(json.dumps({**json.loads(READ.canonical()), **changes}), form())
