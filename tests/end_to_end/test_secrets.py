"""What a whole place writes down while it works: no token, no key, no patient, wherever one looks."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.end_to_end.place import STACKS, Place
from tests.end_to_end.records import SSN, dumps, small_bundle
from tests.end_to_end.test_attacks import OFFSET, descendants
from tests.end_to_end.test_isolation import identity

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FAMILY, NUMBER = "Qvxzsecretfamily", "986-17-4203"
Secrets = Mapping[str, bytes]


@pytest.fixture(scope="module")
def tenants(place: Place) -> dict[str, dict[str, Any]]:
    return {name: place.outputs(f"local-tenant-{name}") for name in ("riverside", "lakeside")}


@pytest.fixture(scope="module")
def secrets(place: Place, tenants: dict[str, dict[str, Any]]) -> Secrets:
    """By what it is; each was used as it is meant to be, and some as they are not."""
    found = {"operator's token": place.environ["GOOGLE_OAUTH_ACCESS_TOKEN"].encode()}
    for name, outputs in tenants.items():
        found[f"token of {name}'s client"] = (token := place.token(name)).encode()
        found[f"token of {name}'s account"] = (account := identity(place, outputs)).encode()
        found[f"blind index key of {name}"] = blind_key(place, outputs)
        use(outputs, token)
        place.google("GET", OFFSET["healthcare"], f"/v1/{outputs['fhirStore']}/fhir/Patient", token=account)
        place.google("GET", OFFSET["cloudkms"], f"/v1/{outputs['keys']['fields']}", token=account)
    for pem in (place.root / ".careplane").glob("clients/*/key.pem"):
        found |= {f"{part} of {pem.parent.name}'s key": value for part, value in key_parts(pem).items()}
    assert len(found) >= 11
    time.sleep(6)
    return found


def blind_key(place: Place, outputs: dict[str, Any]) -> bytes:
    path = f"/v1/{outputs['secret']}/versions/latest:access"
    answer = place.google("GET", OFFSET["secretmanager"], path)
    return base64.b64decode(answer.json()["payload"]["data"])


def key_parts(pem: Path) -> dict[str, bytes]:
    key = load_pem_private_key(pem.read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    number = key.private_numbers().private_value
    return {
        "text": pem.read_bytes().splitlines()[1],
        "number": number.to_bytes((key.key_size + 7) // 8),
    }


def use(outputs: dict[str, Any], token: str) -> None:
    """Writes and finds the patient, and errs in ways in which people do."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    with httpx.Client(base_url=outputs["fhirUrl"], headers=headers, timeout=60, trust_env=False) as http:
        assert http.post("", content=dumps(small_bundle(FAMILY, NUMBER))).status_code == 200
        found = http.get("/Patient", params={"family": FAMILY, "identifier": f"{SSN}|{NUMBER}"})
        assert found.json()["entry"], "its own client reads it"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        http.post("/Patient/_search", content=f"family={FAMILY}&identifier={NUMBER}", headers=form)
        http.get("/Patient", params={f"name:{FAMILY}": NUMBER, FAMILY: NUMBER})
        http.post("/Patient", content=f'{{"resourceType":"Patient","name":"{FAMILY}"')
        wrong = {
            "resourceType": "Patient",
            "birthDate": FAMILY,
            "identifier": [{"system": SSN, "value": [NUMBER]}],
        }
        http.post("/Patient", json=wrong)
        http.put("/Patient/another", json={"resourceType": "Observation", "note": [{"text": FAMILY}]})
    wrong_token = {"grant_type": "client_credentials", "client_assertion": token, "scope": FAMILY}
    assert httpx.post(outputs["tokenUrl"], data=wrong_token, timeout=30).status_code in (400, 401)
    httpx.get(outputs["fhirUrl"] + "/Patient", headers={"Authorization": f"Bearer {token}x"}, timeout=30)


def forms(secret: bytes) -> set[bytes]:
    """As it may be written: plain, in a URL, in hexadecimal, somewhere inside base64."""
    found = {secret, secret.hex().encode(), quote(secret).encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            whole = 4 * ((shift + len(secret)) // 3)
            found.add(encode(b"\0" * shift + secret)[4 if shift else 0 : whole])
    return found


def files(place: Place) -> Iterator[tuple[Path, bytes]]:
    """Everything that a run has made; the databases' files apart, which hold what they are there for."""
    home = place.root / ".careplane"
    for path in home.rglob("*"):
        inside = path.relative_to(home)
        if path.is_file() and not path.is_symlink() and inside.parts[:2] != ("localcloud", "postgres"):
            yield inside, path.read_bytes()


def own(path: Path) -> bool:
    """Where a secret belongs: readable by its owner alone, which `test_attacks.py` makes sure of."""
    return path.name in ("operator-token", "key.pem") or path.name.startswith("state.sqlite3")


def test_forms_find_a_secret_however_it_is_written() -> None:
    secret = b"986-17-4203"
    for before in (b"", b"x", b"xy", b"xyz"):
        text = base64.b64encode(before + secret + b" and more")
        assert any(each in text for each in forms(secret)), before


def test_no_credential_in_any_file(place: Place, secrets: Secrets) -> None:
    wanted = {what: forms(secret) for what, secret in secrets.items()}
    seen = 0
    for path, content in files(place):
        seen += 1
        if own(path):
            continue
        found = [what for what, each in wanted.items() if any(form in content for form in each)]
        assert not found, f"{path}: {found}"
        assert b"PRIVATE KEY-----" not in content, path
    assert seen > 50


def test_no_access_token_in_the_clouds_own_state(place: Place, secrets: Secrets) -> None:
    """It holds secrets' payloads, as Secret Manager does, and of tokens only digests."""
    wanted = {what: forms(secret) for what, secret in secrets.items() if "token" in what}
    states = [(path, content) for path, content in files(place) if path.name.startswith("state.sqlite3")]
    assert states
    for path, content in states:
        found = [what for what, each in wanted.items() if any(form in content for form in each)]
        assert not found, f"{path}: {found}"


def test_no_patient_in_any_file(place: Place, secrets: Secrets) -> None:
    """Logs, states, journals, audit trails; log entries and messages lie in the cloud's state."""
    for path, content in files(place):
        found = [each for secret in (FAMILY, NUMBER) for each in forms(secret.encode()) if each in content]
        assert not found, f"{path}: {found}"


def test_no_social_security_number_in_any_database_file(place: Place, secrets: Secrets) -> None:
    seen = 0
    for path in (place.root / ".careplane" / "localcloud" / "postgres").rglob("*"):
        if path.is_file() and not path.is_symlink():
            seen += 1
            assert NUMBER.encode() not in path.read_bytes(), path
    assert seen > 1000


def test_no_secret_in_an_exported_state(place: Place, secrets: Secrets) -> None:
    for stack in STACKS:
        text = place.must("pulumi", "stack", "export", "--stack", stack).encode()
        assert len(json.loads(text)["deployment"]["resources"]) > 5
        for what, secret in {**secrets, "family": FAMILY.encode(), "number": NUMBER.encode()}.items():
            assert not [form for form in forms(secret) if form in text], f"{stack}: {what}"


def test_no_secret_in_a_process_list(place: Place, secrets: Secrets) -> None:
    if not Path("/proc/self/task").exists():
        pytest.skip("this system has no /proc")
    server, *children = descendants(int(place.google("GET", 60, "/status").json()["pid"]))
    assert len(children) > 5
    sought = {**secrets, "family": FAMILY.encode(), "number": NUMBER.encode()}
    for pid in (server, *children):
        try:
            seen = Path(f"/proc/{pid}/cmdline").read_bytes()
            if pid != server:
                seen += Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        found = [what for what, secret in sought.items() if any(form in seen for form in forms(secret))]
        assert not found, f"{pid}: {found}"
