"""A small transaction the repository makes itself: decimals, accents, extensions, contained resources."""

from __future__ import annotations

import json
from typing import Any

PATIENT = "urn:uuid:11111111-1111-4111-8111-111111111111"
ENCOUNTER = "urn:uuid:22222222-2222-4222-8222-222222222222"
SSN = "http://hl7.org/fhir/sid/us-ssn"


def _post(full_url: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "fullUrl": full_url,
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


def _patient() -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "extension": [{"url": "http://example.test/unknown", "valueString": "kept"}],
        "identifier": [{"system": SSN, "value": "999-12-3456"}, {"system": "urn:mrn", "value": "M-1"}],
        "name": [{"family": "Übermütig", "given": ["José", "李"]}, {"text": "Ω \U0001f600"}],
        "_birthDate": {
            "extension": [{"url": "http://example.test/time", "valueDateTime": "1980-02-29T10:00:00+01:00"}]
        },
        "birthDate": "1980-02-29",
        "gender": "other",
        "deceasedBoolean": False,
    }


def _encounter() -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "status": "finished",
        "subject": {"reference": PATIENT},
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "period": {"start": "2024-05-01T09:00:00Z", "end": "2024-05-01T09:30:00Z"},
    }


def _observation(number: int, value: str) -> str:
    """As text: Python's own JSON would not keep the digits."""
    return (
        '{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},'
        f'"subject":{{"reference":"{PATIENT}"}},"encounter":{{"reference":"{ENCOUNTER}"}},'
        f'"effectiveDateTime":"2024-05-0{number}T10:00:00Z",'
        f'"valueQuantity":{{"value":{value},"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}}}}'
    )


DECIMALS = ("1.50", "72.0", "0.10", "1E+3", "100")


def transaction() -> bytes:
    """The bundle as it is sent."""
    entries = [
        json.dumps(_post(PATIENT, _patient()), ensure_ascii=False),
        json.dumps(_post(ENCOUNTER, _encounter()), ensure_ascii=False),
    ]
    for number, value in enumerate(DECIMALS, 1):
        entries.append(
            f'{{"fullUrl":"urn:uuid:33333333-3333-4333-8333-00000000000{number}",'
            f'"resource":{_observation(number, value)},"request":{{"method":"POST","url":"Observation"}}}}'
        )
    return f'{{"resourceType":"Bundle","type":"transaction","entry":[{",".join(entries)}]}}'.encode()
