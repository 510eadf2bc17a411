"""Properties that hold for every value, not only for the ones thought of."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.fhir.dates import span
from runtime.fhir.extract import extract
from runtime.fhir.jsontext import dumps, loads
from runtime.fhir.search.query import plain, split
from tests.runtime.fhir.conftest import ClientFactory

_DECIMAL = st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner),
)


@given(_DECIMAL)
def test_a_number_is_written_as_it_was_read(text: str) -> None:
    body = f'{{"value":{text}}}'.encode()
    assert dumps(loads(body)) == body
    assert Decimal(loads(body)["value"]) == Decimal(text)


@given(st.dictionaries(st.sampled_from(["name", "identifier", "birthDate", "telecom", "meta", "x"]), _JSON))
def test_extraction_takes_any_shape(resource: dict[str, object]) -> None:
    extract({**resource, "resourceType": "Patient"})


@given(st.lists(_TEXT, min_size=1, max_size=5))
def test_escaped_values_split_and_read_back(values: list[str]) -> None:
    escaped = [v.replace("\\", "\\\\").replace(",", "\\,").replace("|", "\\|") for v in values]
    assert [plain(part) for part in split(",".join(escaped))] == values


@given(st.datetimes(), st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%SZ"]))
def test_a_shorter_date_contains_the_longer(moment: object, form: str) -> None:
    whole = span(f"{moment:%Y}".zfill(4) + f"{moment:-%m-%dT%H:%M:%SZ}")
    outer = span(
        f"{moment:%Y}".zfill(4) + f"{moment:{form.removeprefix('%Y')}}"
        if form != "%Y"
        else f"{moment:%Y}".zfill(4)
    )
    assert whole is not None and outer is not None
    assert outer.low <= whole.low < whole.high <= outer.high


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(system=_TEXT, code=_TEXT, other=_TEXT)
def test_a_token_is_found_by_itself_and_by_nothing_else(
    fhir_factory: ClientFactory,
    system: str,
    code: str,
    other: str,
) -> None:
    from urllib.parse import quote

    def escape(text: str) -> str:
        return quote(text.replace("\\", "\\\\").replace(",", "\\,").replace("|", "\\|"))

    client = _shared(fhir_factory)
    made = client.create({"resourceType": "Patient", "identifier": [{"system": system, "value": code}]})
    assert made in client.found(f"Patient?identifier={escape(system)}|{escape(code)}&_count=1000")
    assert made in client.found(f"Patient?identifier={escape(code)}&_count=1000")
    assert (made in client.found(f"Patient?identifier={escape(system)}|{escape(other)}&_count=1000")) == (
        other == code
    )


_CLIENTS: dict[int, object] = {}


def _shared(factory: ClientFactory):  # type: ignore[no-untyped-def]
    """One store for all examples of a test: the factory is the same object for each."""
    if id(factory) not in _CLIENTS:
        _CLIENTS.clear()
        _CLIENTS[id(factory)] = factory()
    return _CLIENTS[id(factory)]
