"""Kept apart, seen from the attacker's side: riverside's means on lakeside's things."""

from __future__ import annotations

import time
from typing import Any

import httpx
import psycopg
import pytest

from tests.end_to_end.place import Place
from tests.end_to_end.records import dumps, small_bundle

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

HEALTHCARE, KMS, PUBSUB, SQL, STORAGE, CONTROL = 13, 6, 19, 25, 26, 60
JSON = {"Content-Type": "application/fhir+json"}


@pytest.fixture(scope="module")
def tenants(place: Place) -> dict[str, dict[str, Any]]:
    return {name: place.outputs(f"local-tenant-{name}") for name in ("riverside", "lakeside")}


def identity(place: Place, outputs: dict[str, Any]) -> str:
    """An access token of a tenant's service account, as its own workload gets one."""
    body = {"member": f"serviceAccount:{outputs['serviceAccount']}", "project": outputs["project"]}
    answer = place.google("POST", CONTROL, "/tokens", body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def test_foreign_token_is_invalid(place: Place, tenants: dict[str, dict[str, Any]]) -> None:
    token = place.token("riverside")
    headers = {"Authorization": f"Bearer {token}"}
    assert (
        httpx.get(f"{tenants['riverside']['fhirUrl']}/Patient", headers=headers, timeout=30).status_code
        == 200
    )
    answer = httpx.get(f"{tenants['lakeside']['fhirUrl']}/Patient", headers=headers, timeout=30)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("token", ["", "x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."])
def test_no_token_or_nonsense_is_refused(tenants: dict[str, dict[str, Any]], token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = httpx.get(f"{tenants['lakeside']['fhirUrl']}/Patient", headers=headers, timeout=30)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("offset", "verb", "path", "body"),
    [
        (KMS, "POST", "/v1/{keys[fields]}:encrypt", {"plaintext": "eA=="}),
        (KMS, "POST", "/v1/{keys[token]}/cryptoKeyVersions/1:asymmetricSign", {"digest": {"sha256": "eA=="}}),
        (PUBSUB, "POST", "/v1/{topic}:publish", {"messages": [{"data": "eA=="}]}),
        (STORAGE, "GET", "/storage/v1/b/{bucket}/o", None),
        (HEALTHCARE, "GET", "/v1/{fhirStore}/fhir/Patient", None),
        (HEALTHCARE, "GET", "/v1/{auditStore}/fhir/AuditEvent", None),
        (22, "GET", "/v1/{secret}/versions/latest:access", None),
    ],
)
def test_service_account_is_refused_the_other_tenants_things(
    place: Place, tenants: dict[str, dict[str, Any]], offset: int, verb: str, path: str, body: Any
) -> None:
    lakeside = tenants["lakeside"]
    topic = next(iter(lakeside["topics"].values()))
    target = path.format(**lakeside, topic=topic)
    answer = place.google(verb, offset, target, body, identity(place, tenants["riverside"]))
    assert answer.status_code == 403, f"{target}: {answer.status_code} {answer.text[:300]}"


def address(place: Place, project: str, instance: str) -> str:
    found = place.google("GET", SQL, f"/sql/v1beta4/projects/{project}/instances/{instance}").json()
    return str(found["ipAddresses"][0]["ipAddress"])


def login(
    place: Place, who: dict[str, Any], whose: dict[str, Any], user: str | None = None
) -> psycopg.Connection[Any]:
    """Log in with one tenant's identity at the other's database."""
    return psycopg.connect(
        host=address(place, whose["project"], whose["sqlInstance"]),
        dbname=whose["database"],
        user=user or who["serviceAccount"].removesuffix(".gserviceaccount.com"),
        password=identity(place, who),
        sslmode="require",
        connect_timeout=10,
    )


def test_each_role_opens_its_own_database(place: Place, tenants: dict[str, dict[str, Any]]) -> None:
    for outputs in tenants.values():
        with login(place, outputs, outputs) as connection:
            row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
            assert row == (False,)


def test_database_role_cannot_connect_to_the_other_database(
    place: Place, tenants: dict[str, dict[str, Any]]
) -> None:
    riverside, lakeside = tenants["riverside"], tenants["lakeside"]
    with pytest.raises(psycopg.OperationalError):
        login(place, riverside, lakeside)
    impersonated = lakeside["serviceAccount"].removesuffix(".gserviceaccount.com")
    with pytest.raises(psycopg.OperationalError):
        login(place, riverside, lakeside, impersonated)


def test_nothing_of_riverside_reaches_lakeside(place: Place, tenants: dict[str, dict[str, Any]]) -> None:
    riverside, lakeside = tenants["riverside"], tenants["lakeside"]
    canary = "Xqzvrivercanary"
    headers = {"Authorization": f"Bearer {place.token('riverside')}", **JSON}
    bundle = dumps(small_bundle(canary, "999-00-1111"))
    assert httpx.post(riverside["fhirUrl"], content=bundle, headers=headers, timeout=60).status_code == 200
    time.sleep(2)
    store = place.google("GET", HEALTHCARE, f"/v1/{lakeside['fhirStore']}/fhir/Patient?_count=1000").text
    assert canary not in store
    assert "riverside" not in store
    with login(place, lakeside, lakeside) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert tables
        for (table,) in tables:
            rows = connection.execute(f"SELECT t::text FROM {table} t").fetchall()  # type: ignore[call-overload]
            assert not [row for row in rows if canary in row[0] or "riverside" in row[0]], table


def test_audit_records_every_access_apart_from_the_records(
    place: Place, tenants: dict[str, dict[str, Any]]
) -> None:
    lakeside = tenants["lakeside"]
    headers = {"Authorization": f"Bearer {place.token('lakeside')}"}
    answer = httpx.get(f"{lakeside['fhirUrl']}/Patient?family=Auditprobe", headers=headers, timeout=30)
    assert answer.status_code == 200
    deadline = time.monotonic() + 30
    events: list[Any] = []
    while time.monotonic() < deadline and not events:
        path = f"/v1/{lakeside['auditStore']}/fhir/AuditEvent?_count=200"
        entries = place.google("GET", HEALTHCARE, path).json().get("entry", [])
        events = [e["resource"] for e in entries if e["resource"].get("action")]
        time.sleep(0.5)
    assert events
    assert "Auditprobe" not in str(events)
