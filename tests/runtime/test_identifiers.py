"""Field encryption: what goes in comes out, to the last digit."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
import simplejson
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.db.data_keys import DataKeyTable
from runtime.errors import Malformed, Unavailable, Unprocessable
from runtime.fields.blind_index import BlindIndex
from runtime.fields.cipher import Cipher
from runtime.fields.identifiers import EXTENSION, Identifiers
from runtime.fields.keys import DataKeys
from runtime.fields.query import rewrite_query
from runtime.settings import US_SSN
from tests.runtime.world import SSN, World, memory_engine

SYSTEMS = (US_SSN, "urn:oid:2.16.840.1.113883.4.1")
INDEX = BlindIndex(b"k" * 32, "riverside")


def make(tenant: str = "riverside", world: World | None = None, keys: DataKeys | None = None) -> Identifiers:
    world = world or World()
    keys = keys or DataKeys(world.kms, "k", tenant, DataKeyTable(world.engine))
    return Identifiers(SYSTEMS, tenant, Cipher(keys), lambda: BlindIndex(b"k" * 32, tenant))


SHARED = make()
numbers = st.decimals(allow_nan=False, allow_infinity=False).map(lambda d: simplejson.RawJSON(str(d)))
values = st.recursive(
    st.none() | st.booleans() | st.text() | numbers,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
identifiers = st.fixed_dictionaries(
    {"system": st.sampled_from([*SYSTEMS, "urn:mrn"]), "value": st.text()},
    optional={
        "use": st.just("usual"),
        "extension": st.lists(
            st.fixed_dictionaries({"url": st.just("urn:other"), "valueDecimal": numbers}), min_size=1
        ),
    },
)


@given(st.lists(identifiers, max_size=5), values)
@settings(max_examples=150, deadline=None)
def test_round_trip_keeps_every_value_and_digit(held: list[dict[str, Any]], other: Any) -> None:
    document = {"resourceType": "Patient", "identifier": held, "other": other}
    body = simplejson.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
    if b"\xed\xa0" in body or any(0xD800 <= ord(c) <= 0xDFFF for c in body.decode("utf-8", "surrogatepass")):
        return
    sealed = SHARED.seal(body)
    assert SHARED.open(sealed) == body
    for each in json.loads(sealed)["identifier"]:
        if each["system"] in SYSTEMS:
            assert each["value"].startswith("b1-")


@pytest.mark.parametrize(
    "number", ["1.50", "1E2", "-0.0", "0.0000001", "1.0e-7", "123456789012345678901234567890.10", "-0"]
)
def test_numbers_keep_their_spelling(number: str) -> None:
    body = f'{{"identifier":[{{"system":"{US_SSN}","value":"1"}}],"x":{number}}}'.encode()
    assert f'"x":{number}}}'.encode() in SHARED.seal(body)
    assert SHARED.open(SHARED.seal(body)) == body


def test_a_ciphertext_moved_to_another_value_or_system_does_not_open() -> None:
    one, two = (
        json.loads(SHARED.seal(json.dumps({"system": US_SSN, "value": v}).encode())) for v in ("1", "2")
    )
    for swapped in ({**one, "extension": two["extension"]}, {**one, "system": SYSTEMS[1]}):
        with pytest.raises(Unavailable):
            SHARED.open(json.dumps(swapped).encode())


def test_another_tenants_ciphertext_does_not_open() -> None:
    world = World()
    riverside, lakeside = make("riverside", world), make("lakeside", world)
    sealed = riverside.seal(json.dumps({"system": US_SSN, "value": SSN}).encode())
    with pytest.raises(Unavailable):
        lakeside.open(sealed)


def test_a_changed_bit_does_not_open() -> None:
    sealed = json.loads(SHARED.seal(json.dumps({"system": US_SSN, "value": SSN}).encode()))
    raw = bytearray(base64.b64decode(sealed["extension"][0]["valueBase64Binary"]))
    for position in (0, 20, len(raw) - 1):
        changed = bytearray(raw)
        changed[position] ^= 1
        sealed["extension"][0]["valueBase64Binary"] = base64.b64encode(changed).decode()
        with pytest.raises(Unavailable):
            SHARED.open(json.dumps(sealed).encode())


def test_earlier_data_keys_still_open_after_rotation() -> None:
    world = World()
    keys = DataKeys(world.kms, "k", "riverside", DataKeyTable(world.engine))
    first = make(keys=keys)
    before = first.seal(json.dumps({"system": US_SSN, "value": SSN}).encode())
    assert keys.rotate() != keys.rotate()
    after = first.seal(json.dumps({"system": US_SSN, "value": SSN}).encode())
    fresh = make(keys=DataKeys(world.kms, "k", "riverside", DataKeyTable(world.engine)))
    for sealed in (before, after):
        assert json.loads(fresh.open(sealed)) == {"system": US_SSN, "value": SSN}


def test_kms_is_asked_once_per_key_and_lifetime() -> None:
    world, now = World(), [0.0]
    table = DataKeyTable(memory_engine())
    DataKeys(world.kms, "k", "riverside", table).current()
    keys = DataKeys(world.kms, "k", "riverside", table, lifetime_seconds=10, clock=lambda: now[0])
    world.kms.calls.clear()
    for _ in range(100):
        keys.current()
    assert world.kms.calls == ["decrypt"]
    now[0] = 11
    keys.current()
    assert world.kms.calls == ["decrypt", "decrypt"]


@pytest.mark.parametrize(
    "query, expected",
    [
        ("family=x", "family=x"),
        ("identifier=urn:mrn|1", "identifier=urn:mrn|1"),
        ("identifier:missing=true", "identifier:missing=true"),
        ("identifier=", "identifier="),
        (f"identifier={US_SSN}|", f"identifier={US_SSN}|"),
        ("a=%41", "a=%41"),
    ],
)
def test_queries_that_stay(query: str, expected: str) -> None:
    assert rewrite_query(query, frozenset({US_SSN}), lambda: INDEX) == expected


@pytest.mark.parametrize(
    "name",
    [
        "identifier",
        "subject:Patient.identifier",
        "patient:identifier",
        "_has:Observation:patient:identifier",
        "identifier:not",
    ],
)
def test_queries_that_change(name: str) -> None:
    found = rewrite_query(f"{name}={US_SSN}|{SSN},{SSN}", frozenset({US_SSN}), lambda: INDEX)
    assert SSN not in found and found.count("b1-") == 2


def test_an_extension_of_ours_is_named_by_urn() -> None:
    assert EXTENSION.encode() in SHARED.seal(json.dumps({"system": US_SSN, "value": SSN}).encode())


ONLY_SSN = Identifiers(
    (US_SSN,),
    "riverside",
    Cipher(DataKeys(World().kms, "k", "riverside", DataKeyTable(memory_engine()))),
    lambda: INDEX,
)


@pytest.mark.parametrize(
    "system",
    [
        f"{US_SSN}/",
        f" {US_SSN}",
        f"{US_SSN} ",
        f"{US_SSN}|1",
        f"{US_SSN}#",
        "https://hl7.org/fhir/sid/us-ssn",
        "HTTP://HL7.org/fhir/sid/US-SSN",
        "http://www.hl7.org/fhir/sid/us-ssn",
        "hl7.org/fhir/sid/us-ssn",
        "http://hl7.org/fhir/sid/us%2Dssn",
        "http://hl7.org/fhir/sid/us%2dssn",
        "urn:oid:2.16.840.1.113883.4.1",
        "URN:OID:2.16.840.1.113883.4.1",
        "2.16.840.1.113883.4.1",
    ],
)
def test_another_spelling_of_the_system_is_refused_and_not_stored_in_clear(system: str) -> None:
    body = json.dumps({"resourceType": "Patient", "identifier": [{"system": system, "value": SSN}]}).encode()
    with pytest.raises(Unprocessable, match=rf"exactly as {US_SSN}"):
        ONLY_SSN.seal(body)
    with pytest.raises(Malformed):
        rewrite_query(
            urlencode({"identifier": f"{system}|{SSN}".replace("|1|", "\\|1|")}),
            frozenset({US_SSN}),
            lambda: INDEX,
        )


@pytest.mark.parametrize(
    "kind", ["http://terminology.hl7.org/CodeSystem/v2-0203", "http://hl7.org/fhir/v2/0203"]
)
@pytest.mark.parametrize("more", [{}, {"system": "urn:x"}])
def test_what_its_type_says_is_a_social_security_number_needs_the_system(kind: str, more: Any) -> None:
    held = {"type": {"coding": [{"system": kind, "code": "SS"}]}, "value": SSN, **more}
    with pytest.raises(Unprocessable):
        ONLY_SSN.seal(json.dumps({"identifier": [held]}).encode())
    sealed = ONLY_SSN.seal(json.dumps({"identifier": [{**held, "system": US_SSN}]}).encode())
    assert SSN.encode() not in sealed


@pytest.mark.parametrize(
    "held",
    [
        {"value": 999123456},
        {"value": [SSN]},
        {"value": {"x": SSN}},
        {"value": None, "_value": {"id": SSN}},
        {"_value": {"extension": [{"url": "x", "valueString": SSN}]}},
        {"value": SSN, "_value": {"id": SSN}},
        {"value": 1.5},
        {"value": True},
    ],
)
def test_a_value_that_is_no_string_is_refused(held: dict[str, Any]) -> None:
    with pytest.raises(Unprocessable, match="must be a string"):
        ONLY_SSN.seal(json.dumps({"identifier": [{"system": US_SSN, **held}]}).encode())


def test_a_code_may_say_why_the_value_is_absent() -> None:
    reason = {
        "extension": [
            {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
        ]
    }
    body = json.dumps({"identifier": [{"system": US_SSN, "_value": reason}]}).encode()
    assert ONLY_SSN.seal(body) == body


@pytest.mark.parametrize("before", ["/", "https://riverside.example.org/fhir/", " ", "urn:x/", "1"])
@pytest.mark.parametrize("key", ["reference", "url"])
def test_a_search_in_an_odd_place_is_refused(before: str, key: str) -> None:
    text = f"{before}Patient?identifier={US_SSN}|{SSN}"
    for spelled in (text, text.replace("/sid/", "%2Fsid%2F")):
        with pytest.raises(Unprocessable):
            ONLY_SSN.seal(json.dumps({"subject": {key: spelled}}).encode())


@pytest.mark.parametrize("value", [f"|{SSN}", f"{US_SSN}|{SSN}|x", f"|{SSN}|", f"urn:x|a|{SSN}"])
def test_a_search_that_would_say_the_number_in_clear_is_refused(value: str) -> None:
    with pytest.raises(Malformed):
        rewrite_query(urlencode({"identifier": value}), frozenset({US_SSN}), lambda: INDEX)


def test_blanks_around_a_number_hide_it_no_more_than_none() -> None:
    assert SSN not in rewrite_query(urlencode({"identifier": f" {SSN}"}), frozenset({US_SSN}), lambda: INDEX)


@pytest.mark.parametrize("value", ["urn:mrn|M-1", "|M-1", "urn:mrn|", "M-1"])
def test_other_identifiers_are_searched_as_before(value: str) -> None:
    found = rewrite_query(urlencode({"identifier": value}), frozenset({US_SSN}), lambda: INDEX)
    assert urlencode({"identifier": value}) in (found, found.split("%2C")[0])
