"""Types that no recording has, with the real engine: up, unchanged, updated in place, gone."""

from __future__ import annotations

import base64
import re
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from localcloud.plugin.diff import reference
from tests.localcloud import running
from tests.localcloud.plugin import pulumi_project
from tests.localcloud.running import RunningCloud

PROGRAM = Path(__file__).with_name("further_program.py").read_text()

UPDATED = 29
"""Resources that the program's second form changes, each of them in place."""

SPELLED_OTHERWISE = {
    ("gcp:orgpolicy/policy:Policy", "name"),
    ("gcp:monitoring/dashboard:Dashboard", "dashboardJson"),
}
"""Inputs that the published provider itself keeps in another form."""

KEPT_BY_GOOGLE = re.compile(
    r"\w+/accessApprovalSettings|.*/(keyRings|ekmConnections|googleChannelConfig|policy)(/.*)?$|folders/\d+$"
    r"|.*/accessApprovalSettings|projects/[^/]+$"
)
"""Key rings and connections stay for good, settings and policies are emptied, folders wait to be deleted."""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    started = running.start(tmp_path_factory.mktemp("further"))
    yield started
    started.close()


KEY = ec.generate_private_key(ec.SECP256R1())
PEM = (
    KEY.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


def certificate() -> str:
    """DER in base64, as the program gives it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ekm.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(7)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("ekm.example.org")]), critical=False)
        .sign(KEY, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def program(der: str, *, changed: bool = False) -> str:
    text = PROGRAM.replace('CERTIFICATE = ""', f'CERTIFICATE = "{der}"').replace('PEM = ""', f"PEM = {PEM!r}")
    return text.replace("CHANGED = False", f"CHANGED = {changed}")


def unread(path: str, given: Any, found: Any) -> Iterator[str]:
    """Inputs that do not come back as outputs."""
    if isinstance(given, dict) and isinstance(found, dict):
        for key, value in given.items():
            if not key.startswith("__"):
                yield from unread(f"{path}.{key}", value, found.get(key))
    elif isinstance(given, list) and isinstance(found, list) and len(given) == len(found):
        for number, (one, other) in enumerate(zip(given, found, strict=True)):
            yield from unread(f"{path}[{number}]", one, other)
    elif given != found and (given or found) and not _named_otherwise(given, found):
        yield f"{path}: {given!r} became {found!r}"


def _named_otherwise(given: Any, found: Any) -> bool:
    return reference(given, found) or str(given).upper() == str(found)


def left(cloud: RunningCloud) -> list[str]:
    """What the APIs still hold, but for what Google itself keeps."""
    with sqlite3.connect(cloud.settings.state_file) as db:
        rows = db.execute("SELECT name FROM resource").fetchall()
    return [name for (name,) in rows if not KEPT_BY_GOOGLE.match(name)]


def test_every_further_type_lives_and_dies(cloud: RunningCloud, tmp_path: Path) -> None:
    project, der = pulumi_project.create(tmp_path / "project", cloud), certificate()
    project.up(program(der))
    project.unchanged()
    for name, state in project.states().items():
        outputs = state.get("outputs", {})
        for key, value in state.get("inputs", {}).items():
            if state["type"].startswith("gcp:") and (state["type"], key) not in SPELLED_OTHERWISE:
                assert list(unread(f"{name}.{key}", value, outputs.get(key))) == []
    changed = project.up(program(der, changed=True))
    assert f"~ {UPDATED} updated" in changed and "replaced" not in changed
    project.unchanged()
    project.must("destroy", "--yes", "--skip-preview")
    assert left(cloud) == []


ANSWERING = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""


def test_a_replica_under_its_own_key_is_promoted_and_a_release_shares_traffic(
    cloud: RunningCloud, tmp_path: Path
) -> None:
    cloud.control("POST", "/reset")
    cloud.control("POST", "/projects", {"projectId": "careplane-cell", "projectNumber": "123456789012"})
    image = "europe-west3-docker.pkg.dev/careplane-cell/careplane/answer:1"
    cloud.control("POST", "/images", {"image": image, "command": [sys.executable, "-c", ANSWERING]})
    text = Path(__file__).with_name("recovery_program.py").read_text()
    project = pulumi_project.create(tmp_path / "project", cloud)
    project.up(text)
    project.unchanged()
    changed = project.up(text.replace("CHANGED = False", "CHANGED = True"))
    assert "~ 3 updated" in changed and "replaced" not in changed
    project.unchanged()
    found = cloud.request(
        "sqladmin", "GET", "/sql/v1beta4/projects/careplane-cell/instances/recovery-replica"
    ).json()
    assert found["instanceType"] == "CLOUD_SQL_INSTANCE" and "masterInstanceName" not in found
    assert found["diskEncryptionConfiguration"]["kmsKeyName"].split("/")[3] == "europe-west4"
    run = cloud.request(
        "run", "GET", "/v2/projects/careplane-cell/locations/europe-west3/services/recovery"
    ).json()
    assert [target["percent"] for target in run["trafficStatuses"]] == [90, 10]
    project.must("destroy", "--yes", "--skip-preview")
