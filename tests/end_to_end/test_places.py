"""Every sample place, rehearsed: up, a second preview without a change, no drift, gone but for survivors."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import psycopg
import pytest

from infra.cli import places as files
from tests.end_to_end.place import Place
from tests.end_to_end.test_isolation import identity
from tests.end_to_end.trespass import databases, let_in, opened

PLACES = sorted({path.name.split(".")[1].split("-")[0] for path in files.STACKS.glob("Pulumi.*-cell.yaml")})
SHORT = ("private",)
"""Rehearsed by every test run; the others by the long proof."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def infra(place: Place, verb: str, name: str, *more: str) -> str:
    result = place.python("infra", verb, "--place", name, "--rehearse", *more, timeout=900)
    assert result.code == 0, result.said[-6000:]
    return result.out


def assert_kept_apart(place: Place, name: str) -> None:
    """Its tenants from each other, and from tenants of the place beside it that the same cloud holds."""
    tenants = {stack: place.outputs(stack) for stack in tenant_stacks(name)}
    strangers = {stack: place.outputs(stack) for stack in tenant_stacks("local")}
    for stack, victim in tenants.items():
        cell = place.outputs(f"{name}-cell-2" if stack.endswith("-2") else f"{name}-cell")
        for other, attacker in {**tenants, **strangers}.items():
            if attacker["serviceAccount"] != victim["serviceAccount"]:
                assert let_in(place, victim, cell, attacker) == [], f"{other} on {stack}"
        assert_trail_can_only_grow(place, victim)


def tenant_stacks(name: str) -> list[str]:
    paths = files.STACKS.glob(f"Pulumi.{name}-tenant-*.yaml")
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in paths)


def assert_trail_can_only_grow(place: Place, outputs: dict[str, Any]) -> None:
    """For the tenant's own runtime, where the trail lies in a database."""
    for project, instance, database in databases(outputs)[1:]:
        user = str(outputs["serviceAccount"]).removesuffix(".gserviceaccount.com")
        token = identity(place, outputs)
        assert httpx.get(f"{outputs['serviceUrl']}/fhir/Patient", timeout=60).status_code == 401
        deadline = time.monotonic() + 60
        while not recorded(opened(place, project, instance, database, user, token)):
            assert time.monotonic() < deadline, "what is refused is recorded too"
            time.sleep(0.5)
        for statement in ("UPDATE fhir.resource SET body = ''", "DELETE FROM fhir.resource"):
            with opened(place, project, instance, database, user, token) as connection:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


def recorded(trail: psycopg.Connection[Any]) -> int:
    with trail as connection:
        query = "SELECT count(*) FROM fhir.resource WHERE type = 'AuditEvent'"
        row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in SHORT else pytest.mark.proof)
        for name in PLACES
        if name != "local"
    ],
)
def test_sample_place_comes_up_and_goes(place: Place, name: str) -> None:
    infra(place, "up", name)
    assert_kept_apart(place, name)
    assert "Nothing to change." in infra(place, "preview", name)
    assert "Nothing to change." in infra(place, "refresh", name)
    survivors = json.loads(infra(place, "destroy", name, "--decommission", "--json"))
    # Protected projects go last, and with them everything that nothing keeps.
    kept = {each["id"] for each in survivors}
    left = place.google("GET", 7, "/v3/projects:search").json()["projects"]
    mine = {
        f"projects/{each['projectId']}" for each in left if each["projectId"].startswith(f"careplane-{name}-")
    }
    active = {f"projects/{each['projectId']}" for each in left if each["state"] == "ACTIVE"}
    assert mine & active <= kept
    assert place.must("git", "status", "--porcelain") == ""
