from __future__ import annotations

from infra.cli.table import text

ROWS = [
    {
        "tenant": "lakeside",
        "fhirUrl": "http://127.0.0.1:17101/fhir",
        "token": "get one",
        "try": ["curl -s one"],
    },
    {"tenant": "a", "fhirUrl": "http://127.0.0.1:17102/fhir", "token": "get two", "try": ["curl -s two"]},
]


def test_columns_line_up_and_commands_follow() -> None:
    lines = text(ROWS).splitlines()
    assert lines[0].split() == ["TENANT", "FHIR", "URL", "TOKEN"]
    assert lines[1].index("http") == lines[2].index("http") == lines[0].index("FHIR")
    assert "  curl -s two" in lines


def test_no_tenant_no_commands() -> None:
    assert text([]).splitlines() == ["TENANT  FHIR URL  TOKEN"]


def test_rehearsed_tenant_has_an_address_and_no_commands() -> None:
    rehearsed = {"tenant": "b", "fhirUrl": "https://b.example.org/fhir", "token": "", "try": []}
    assert text([rehearsed]).splitlines()[1:] == ["b       https://b.example.org/fhir"]
