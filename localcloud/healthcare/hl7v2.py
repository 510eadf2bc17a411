"""Reading HL7v2 messages: delimiters from MSH, then segments, fields, repetitions, components.

https://www.hl7.org/implement/standards/product_brief.cfm?product_id=185 (chapter 2, encoding rules)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from localcloud.api import ApiError, Json

_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.(\d{1,4}))?([+-]\d{4})?")


@dataclass(frozen=True)
class Hl7Message:
    """One message: its segments as lists of field texts, field 1 of MSH being its separator."""

    segments: tuple[tuple[str, ...], ...]
    component: str
    repetition: str

    def first(self, segment: str, field: int) -> str:
        """A field of the first segment with this name; empty where there is none."""
        found = next((s for s in self.segments if s[0] == segment), ())
        return found[field] if len(found) > field else ""

    def part(self, segment: str, field: int, number: int = 1) -> str:
        """A component of the first repetition of a field."""
        parts = self.first(segment, field).split(self.repetition)[0].split(self.component)
        return parts[number - 1] if len(parts) >= number else ""


def read(data: bytes) -> Hl7Message:
    """The message in these bytes; anything else is Google's 400."""
    text = data.decode("utf-8", "replace").strip("\ufeff\x0b\x1c\r\n ")
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line]
    if not lines or not lines[0].startswith("MSH") or len(lines[0]) < 8:
        raise ApiError(
            400,
            "Invalid HL7v2 message: the first segment must be MSH with its delimiters, such as MSH|^~\\&|.",
        )
    field, component, repetition = lines[0][3], lines[0][4], lines[0][5]
    head = lines[0].split(field)
    segments = [("MSH", field, *head[1:])]
    for number, line in enumerate(lines[1:], 2):
        if not re.match(r"[A-Z][A-Z0-9]{2}(" + re.escape(field) + "|$)", line):
            raise ApiError(
                400,
                f"Invalid HL7v2 message: segment {number} begins with {line[:3]!r}, no segment name.",
            )
        segments.append(tuple(line.split(field)))
    if not segments[0][9:10] or not segments[0][9]:
        raise ApiError(400, "Invalid HL7v2 message: MSH-9 (message type) is empty.")
    return Hl7Message(tuple(segments), component, repetition)


def facts(message: Hl7Message) -> Json:
    """What the Healthcare API shows of a message beside its bytes."""
    found: Json = {"messageType": message.part("MSH", 9), "patientIds": _patients(message)}
    if facility := message.part("MSH", 4):
        found["sendFacility"] = facility
    if moment := sent(message.part("MSH", 7)):
        found["sendTime"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {name: value for name, value in found.items() if value}


def _patients(message: Hl7Message) -> list[Json]:
    ids = []
    for repetition in message.first("PID", 3).split(message.repetition):
        parts = repetition.split(message.component)
        if parts[0]:
            ids.append({"value": parts[0], "type": parts[4] if len(parts) > 4 else ""})
    return ids


def sent(text: str) -> datetime | None:
    """A time stamp of HL7v2; without a zone it counts as UTC."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, _, zone = match.groups()
    offset = UTC
    if zone:
        minutes = int(zone[1:3]) * 60 + int(zone[3:])
        offset = timezone(timedelta(minutes=-minutes if zone[0] == "-" else minutes))
    try:
        return datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            tzinfo=offset,
        ).astimezone(UTC)
    except ValueError:
        return None


def parsed(message: Hl7Message) -> Json:
    """`parsedData`: every field that holds something, by its position (`3.1`, `3(1).1` when repeated)."""
    counts: dict[str, int] = {}
    segments = []
    for segment in message.segments:
        number = counts.get(segment[0], 0)
        counts[segment[0]] = number + 1
        fields = {
            key: value
            for position, text in enumerate(segment[1:], 1)
            if text
            for key, value in _field(message, segment[0], position, text)
        }
        segments.append({"segmentId": segment[0], "setId": str(number), "fields": fields})
    return {"segments": segments}


def _field(message: Hl7Message, segment: str, position: int, text: str) -> list[tuple[str, str]]:
    if segment == "MSH" and position in (1, 2):
        return [(str(position), text)]
    found = []
    for number, repetition in enumerate(text.split(message.repetition)):
        prefix = f"{position}({number})" if number else str(position)
        parts = repetition.split(message.component)
        if len(parts) == 1:
            found.append((prefix, parts[0]))
        else:
            found += [(f"{prefix}.{i}", part) for i, part in enumerate(parts, 1) if part]
    return found


def acknowledge(message: Hl7Message, now: datetime, control_id: str) -> bytes:
    """The ACK that `messages.ingest` answers: application accept."""
    field = message.first("MSH", 1)
    sender = [message.first("MSH", n) for n in (5, 6, 3, 4)]
    head = [
        "MSH",
        message.first("MSH", 2),
        *sender,
        now.strftime("%Y%m%d%H%M%S"),
        "",
        f"ACK{message.component}{message.part('MSH', 9, 2)}".rstrip(message.component),
        control_id,
        message.first("MSH", 11),
        message.first("MSH", 12),
    ]
    return f"{field.join(head)}\rMSA{field}AA{field}{message.first('MSH', 10)}\r".encode()
