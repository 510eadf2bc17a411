"""Patient records for tests: a small bundle of our own, and what "read back equal" means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import simplejson

SSN = "http://hl7.org/fhir/sid/us-ssn"


def loads(raw: bytes | str) -> Any:
    """JSON with every decimal as it was written (FHIR: precision is significant)."""
    return simplejson.loads(raw, use_decimal=True)


def dumps(value: Any) -> bytes:
    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False).encode()


def small_bundle(family: str, ssn: str) -> dict[str, Any]:
    """A synthetic patient and two observations, with decimals, Unicode and an unknown extension."""
    patient = f"urn:uuid:{uuid4()}"
    resources: list[tuple[str, dict[str, Any]]] = [
        (
            patient,
            {
                "resourceType": "Patient",
                "extension": [{"url": "http://example.org/unknown", "valueDecimal": Decimal("0.0100")}],
                "identifier": [
                    {"system": SSN, "value": ssn},
                    {"system": "http://example.org/mrn", "value": "M-1"},
                ],
                "name": [{"family": family, "given": ["Zoë", "Ægir"]}],
                "gender": "female",
                "birthDate": "1971-05-09",
            },
        )
    ]
    for code, value in (("29463-7", "71.50"), ("8302-2", "1.6E+2")):
        observation = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "subject": {"reference": patient},
            "effectiveDateTime": "2026-02-03T04:05:06+01:00",
            "valueQuantity": {"value": Decimal(value), "unit": "x"},
        }
        resources.append((f"urn:uuid:{uuid4()}", observation))
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {
                "fullUrl": url,
                "resource": resource,
                "request": {"method": "POST", "url": resource["resourceType"]},
            }
            for url, resource in resources
        ],
    }


def places(bundle: dict[str, Any], answer: dict[str, Any]) -> dict[str, str]:
    """Where each entry went: its fullUrl and the `Type/id` of the answer's location."""
    found = {}
    for sent, got in zip(bundle["entry"], answer["entry"], strict=True):
        parts = got["response"]["location"].split("/_history")[0].split("/")
        found[sent["fullUrl"]] = "/".join(parts[-2:])
    return found


def comparable(resource: Any, moved: dict[str, str], top: bool = True) -> Any:
    """The resource without what a server assigns: `id`, `meta`, rewritten references."""
    if isinstance(resource, dict):
        skipped = ("id", "meta") if top else ()
        return {
            key: _reference(value, moved) if key == "reference" else comparable(value, moved, False)
            for key, value in resource.items()
            if key not in skipped
        }
    if isinstance(resource, list):
        return [comparable(item, moved, False) for item in resource]
    # Decimals compare digit for digit: 1.50 is not 1.5.
    return f"decimal {resource}" if isinstance(resource, Decimal) else resource


def _reference(value: Any, moved: dict[str, str]) -> Any:
    if not isinstance(value, str):
        return value
    if "?" in value:
        return value.split("?")[0]
    return moved.get(value, value)


def same(sent: Any, got: Any, moved: dict[str, str]) -> bool:
    """Equal as DESIGN.md section 6 defines it; a conditional reference is compared by its type."""
    return _match(comparable(sent, moved), comparable(got, moved))


def _match(sent: Any, got: Any) -> bool:
    if isinstance(sent, dict) and isinstance(got, dict):
        return sent.keys() == got.keys() and all(
            _match_reference(sent[key], got[key]) if key == "reference" else _match(sent[key], got[key])
            for key in sent
        )
    if isinstance(sent, list) and isinstance(got, list):
        return len(sent) == len(got) and all(map(_match, sent, got))
    return type(sent) is type(got) and sent == got


def _match_reference(sent: Any, got: Any) -> bool:
    return sent == got or ("/" not in str(sent) and str(got).split("/")[0] == sent)
