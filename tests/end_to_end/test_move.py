"""A pooled tenant with records and documents becomes a dedicated one, by the plan's own commands alone."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from localcloud.cli.client_key import ClientKey
from localcloud.cli.token import CLIENT, SCOPE
from tests.end_to_end import place as places
from tests.end_to_end.place import STACKS, Place
from tests.end_to_end.records import dumps, small_bundle

pytestmark = [pytest.mark.slow, pytest.mark.proof, pytest.mark.timeout(2400)]
OLD, NEW = "local-tenant-lakeside", "local-tenant-lakeside-next"
NAME = "scans/röntgen 1.pdf"


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place of its own, with one tenant."""
    root = Path(tmp_path_factory.mktemp("move"))
    made = places.start(root)
    made.environ |= {
        f"GIT_{who}_{what}": "test@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    try:
        chosen = [part for name in STACKS[:4] for part in ("--stack", name)]
        made.must(sys.executable, "-m", "infra", "up", *chosen, timeout=900)
        yield made
    finally:
        places.stop(made)
        shutil.rmtree(root, ignore_errors=True)


def fill(place: Place) -> None:
    outputs, headers = place.outputs(OLD), fhir(place.token("lakeside"))
    for number in range(3):
        content = dumps(small_bundle(f"Family{number}", f"123-45-678{number}"))
        answer = httpx.post(outputs["fhirUrl"], content=content, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
    url = f"{place.api(26)}/upload/storage/v1/b/{outputs['bucket']}/o"
    bearer = {"Authorization": f"Bearer {place.environ['GOOGLE_OAUTH_ACCESS_TOKEN']}"}
    made = httpx.post(url, params={"uploadType": "media", "name": NAME}, content=b"%PDF", headers=bearer)
    assert made.status_code == 200, made.text


def fhir(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}


def count(url: str, token: str) -> int:
    found = httpx.get(f"{url}/Patient?_count=1000", headers=fhir(token), timeout=60)
    assert found.status_code == 200, found.text
    return len(found.json().get("entry", []))


def follow(place: Place, step: dict[str, Any], key: Path) -> None:
    """Every command of the step, as a person pastes it."""
    stack = OLD if step["title"] == "Export through the old runtime" else NEW
    variables = {
        "TOKEN_COMMAND": f"{sys.executable} -m tests.end_to_end.client_token {key} {stack}",
        "CLIENT": CLIENT,
        "SCOPES": SCOPE,
        "JWKS_FILE": str(key.with_suffix(".jwks")),
    }
    for command in step["commands"]:
        done = place.run("sh", "-fc", command, timeout=900, **variables)
        assert done.code == 0, f"{step['title']}: {command}\n{done.said[-6000:]}"


def test_the_plan_is_followed_to_its_end_and_everything_is_there(place: Place) -> None:
    fill(place)
    key = place.root / ".careplane" / "clients" / "lakeside" / "key.pem"
    key.with_suffix(".jwks").write_text(json.dumps(ClientKey.load_or_make(key).jwks()))
    told = json.loads(
        place.must(
            sys.executable,
            "-m",
            "infra",
            "tenant",
            "move",
            "lakeside",
            "--to-placement",
            "dedicated",
            "--json",
        )
    )
    before = place.outputs(OLD)
    for step in told["steps"]:
        follow(place, step, key)
        if step["title"] == "Freeze writes":
            patient = {"resourceType": "Patient"}
            headers = fhir(place.token("lakeside"))
            refused = httpx.post(f"{before['fhirUrl']}/Patient", json=patient, headers=headers, timeout=60)
            assert refused.status_code == 503
            assert count(before["fhirUrl"], place.token("lakeside")) == 3
    after = place.outputs(OLD)
    assert (before["placement"], after["placement"], after["active"]) == ("pooled", "dedicated", True)
    assert set(before["keys"].values()).isdisjoint(after["keys"].values())
    token = place.must(sys.executable, "-m", "tests.end_to_end.client_token", str(key), OLD).strip()
    assert count(after["fhirUrl"], token) == 3
    document = place.google(
        "GET", 26, f"/storage/v1/b/{after['bucket']}/o/{NAME.replace('/', '%2F')}?alt=media"
    )
    assert document.content == b"%PDF"
    listed = place.must(sys.executable, "-m", "infra", "tenant", "client", "list", "--stack", OLD)
    assert listed.startswith(f"{CLIENT}\t{SCOPE}\t")
    preview = place.must(sys.executable, "-m", "infra", "preview", "--stack", OLD, timeout=600)
    assert preview.strip() == "Nothing to change."
