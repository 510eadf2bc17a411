"""The real Pulumi engine, our plugin and a running localcloud together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localcloud import running
from tests.localcloud.plugin import official_program, pulumi_project
from tests.localcloud.plugin.pulumi_project import Project
from tests.localcloud.running import RunningCloud
from tests.shared_data import shared


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    started = running.start(tmp_path_factory.mktemp("engine"))
    yield started
    started.close()


@pytest.fixture
def project(cloud: RunningCloud, tmp_path: Path) -> Iterator[Project]:
    cloud.control("POST", "/reset")
    cloud.control("POST", "/projects", {"projectId": "careplane-cell", "projectNumber": "123456789012"})
    made = pulumi_project.create(tmp_path / "project", cloud)
    yield made


TOPIC = """
import pulumi
import pulumi_gcp as gcp
topic = gcp.pubsub.Topic("topic", name="events", labels={labels})
reader = gcp.pubsub.Subscription("reader", name="{reader}", topic=topic.id, ack_deadline_seconds={deadline})
secret = gcp.secretmanager.Secret("secret", secret_id="session", replication={{"auto": {{}}}})
data = pulumi.Output.secret("{secret}")
version = gcp.secretmanager.SecretVersion("version", secret=secret.id, secret_data=data)
pulumi.export("topic", topic.id)
"""


def topic(
    labels: str = "{'a': '1'}", reader: str = "reader", deadline: int = 10, secret: str = "s3cret"
) -> str:
    return TOPIC.format(labels=labels, reader=reader, deadline=deadline, secret=secret)


def test_the_official_program_lives_and_dies(project: Project) -> None:
    folder = shared("gcp/official-provider")
    project.program(official_program.enforceable((folder / "program.py").read_text()))
    project.must("preview")
    project.must("up", "--yes", "--skip-preview")
    project.unchanged()
    changed = project.up(official_program.enforceable((folder / "program-changed.py").read_text()))
    assert "+-1 replaced" in changed
    project.unchanged()
    project.must("destroy", "--yes", "--skip-preview")


def test_a_change_previews_as_exactly_that_change(project: Project) -> None:
    project.up(topic())
    project.program(topic(deadline=20))
    steps = json.loads(project.must("preview", "--json"))["steps"]
    changed = [step for step in steps if step["op"] != "same"]
    assert [step["op"] for step in changed] == ["update"]
    assert changed[0]["detailedDiff"] == {"ackDeadlineSeconds": {"kind": "update", "inputDiff": True}}


def test_a_change_of_name_replaces(project: Project) -> None:
    project.up(topic())
    project.program(topic(reader="reader2"))
    steps = json.loads(project.must("preview", "--json"))["steps"]
    assert [step["op"] for step in steps if step["op"] != "same"] == ["replace"]
    project.up(topic(reader="reader2"))
    project.unchanged()


def test_drift_is_found_and_put_right(project: Project, cloud: RunningCloud) -> None:
    project.up(topic())
    name = "projects/careplane-cell/subscriptions/reader"
    body = {"subscription": {"ackDeadlineSeconds": 99}, "updateMask": "ackDeadlineSeconds"}
    assert cloud.request("pubsub", "PATCH", f"/v1/{name}", body).status_code == 200
    assert project.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes").code != 0
    project.must("refresh", "--yes", "--skip-preview")
    assert project.states()["reader"]["inputs"]["ackDeadlineSeconds"] == 99
    project.up(topic())
    assert cloud.request("pubsub", "GET", f"/v1/{name}").json()["ackDeadlineSeconds"] == 10


def test_what_google_lost_is_made_again(project: Project, cloud: RunningCloud) -> None:
    project.up(topic())
    assert (
        cloud.request("pubsub", "DELETE", "/v1/projects/careplane-cell/subscriptions/reader").status_code
        == 200
    )
    project.must("refresh", "--yes", "--skip-preview")
    assert "reader" not in project.states()
    project.up(topic())
    project.unchanged()


def test_secrets_are_never_written_in_the_clear(project: Project) -> None:
    project.up(topic(secret="t0p-secret"))
    assert "t0p-secret" not in project.must("stack", "export")
    assert "t0p-secret" not in project.must("preview", "--diff")
    project.up(topic(secret="t0p-secret-2"))
    assert project.states()["version"]["outputs"]["version"] == "2"


def test_resources_are_imported_by_id_and_need_no_change(project: Project) -> None:
    project.up(topic())
    project.must("state", "delete", "--yes", f"{_urn(project, 'reader')}")
    imported = "opts=pulumi.ResourceOptions(import_='projects/careplane-cell/subscriptions/reader')"
    project.up(topic().replace("ack_deadline_seconds=10", f"ack_deadline_seconds=10, {imported}"))
    project.up(topic())
    project.unchanged()


def test_a_mistake_is_said_in_one_sentence_that_names_it(project: Project) -> None:
    project.program(
        "import pulumi\n"
        "class Key(pulumi.CustomResource):\n"
        "    def __init__(self, kind, **props):\n"
        "        super().__init__(kind, 'x', props)\n"
        "Key('gcp:kms/keyRing:KeyRing', location='europe-west3', colour='red')\n"
    )
    said = project.pulumi("preview")
    assert said.code != 0 and "gcp:kms/keyRing:KeyRing has no property 'colour'" in said.text
    project.program((project.folder / "__main__.py").read_text().replace("kms/keyRing", "alloydb/cluster"))
    said = project.pulumi("preview")
    assert (
        said.code != 0
        and "gcp:alloydb/cluster:KeyRing is not supported by localcloud's gcp plugin" in said.text
    )


def test_an_endpoint_beyond_this_machine_is_refused(project: Project) -> None:
    project.must("config", "set", "gcp:pubsubCustomEndpoint", "https://pubsub.googleapis.com/v1/")
    project.program(topic())
    said = project.pulumi("preview")
    assert said.code != 0
    assert "gcp:pubsubCustomEndpoint: 'https://pubsub.googleapis.com/v1/' is not allowed" in said.text
    assert "this plugin speaks only to localcloud" in said.text


def _urn(project: Project, name: str) -> str:
    return str(project.states()[name]["urn"])
