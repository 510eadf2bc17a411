"""Every sample place, rehearsed: up, a second preview without a change, no drift, gone but for survivors."""

from __future__ import annotations

import json

import pytest

from infra.cli import places as files
from tests.end_to_end.place import Place

PLACES = sorted({path.name.split(".")[1].split("-")[0] for path in files.STACKS.glob("Pulumi.*-cell.yaml")})
SHORT = ("private",)
"""Rehearsed by every test run; the others by the long proof."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def infra(place: Place, verb: str, name: str, *more: str) -> str:
    result = place.python("infra", verb, "--place", name, "--rehearse", *more, timeout=900)
    assert result.code == 0, result.said[-6000:]
    return result.out


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
