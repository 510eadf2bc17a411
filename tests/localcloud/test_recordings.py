"""The contract with the official provider: every recorded exchange, in order, against a running localcloud.

What must hold before the first request, because the recording's server enforced nothing:
- the project `careplane-cell` has the number 123456789012;
- service agents may use keys and publish, granted at the organisation;
- organisation policies have not taken effect yet (on Google they take up to 15 minutes): the
  program puts a replica in europe-west4 right after allowing europe-west3 only;
- the image `runtime:1` stands for a program that answers its probes (the real runtime needs more
  environment than the recorded program gives it);
- deletion protection of the database is lifted before destroy;
- the caller works from inside the project, since the program draws a perimeter around it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.agents import agent
from tests.localcloud.replay import Replay
from tests.localcloud.running import RunningCloud
from tests.shared_data import shared

FILES = ("1-create", "2-refresh", "3-update", "4-destroy")
CMEK = (
    "artifactregistry",
    "bigquery",
    "healthcare",
    "logging",
    "pubsub",
    "redis",
    "run",
    "secretmanager",
    "sqladmin",
    "storage",
)
PROJECT, NUMBER = "careplane-cell", "123456789012"
IMAGE = f"europe-west3-docker.pkg.dev/{PROJECT}/careplane/runtime:1"
ANSWERING = """
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
"""


@pytest.fixture
def recordings() -> Path:
    return shared("gcp/official-provider")


@pytest.fixture
def replay(recordings: Path, fresh_localcloud: RunningCloud) -> Iterator[Replay]:
    cloud = fresh_localcloud
    agents = [f"serviceAccount:{agent(name, NUMBER)}" for name in CMEK]
    policy = {
        "bindings": [
            {"role": "roles/cloudkms.cryptoKeyEncrypterDecrypter", "members": agents},
            {"role": "roles/pubsub.publisher", "members": agents},
        ]
    }
    cloud.request(
        "cloudresourcemanager", "POST", "/v3/organizations/111:setIamPolicy", {"policy": policy}
    ).raise_for_status()
    cloud.control("POST", "/images", {"image": IMAGE, "command": [sys.executable, "-c", ANSWERING]})
    cloud.control("POST", "/faults", {"kind": "policy-delay", "target": "*"})
    yield Replay(cloud, cloud.token("user:operator@careplane.test", PROJECT, operator=True))


def lift_deletion_protection(cloud: RunningCloud) -> None:
    """The recorded program never lifts it, and Google would refuse its destroy."""
    body = {"settings": {"deletionProtectionEnabled": False}}
    cloud.request(
        "sqladmin", "PATCH", f"/sql/v1beta4/projects/{PROJECT}/instances/riverside", body
    ).raise_for_status()


def test_every_recorded_exchange_is_answered_as_the_provider_accepts(
    recordings: Path, replay: Replay
) -> None:
    for name in FILES:
        if name == "4-destroy":
            lift_deletion_protection(replay.cloud)
        replay.play(recordings / f"{name}.jsonl")
    share = f"{replay.passed} of {replay.total} recorded exchanges passed"
    print(share)
    if report := os.environ.get("CAREPLANE_REPLAY_REPORT"):
        Path(report).write_text("\n".join([*replay.problems, share]) + "\n")
    assert not replay.problems, "\n".join([share, *replay.problems[:20]])
