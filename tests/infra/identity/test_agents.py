from __future__ import annotations

from infra.identity.agents import AgentsArgs, ServiceAgents
from tests.infra.engine import declare


def test_bigquery_is_asked_for_its_own() -> None:
    found = declare(lambda: dict(ServiceAgents("a", AgentsArgs("careplane-cell", ("bigquery",))).members))
    agent = "serviceAccount:bq-123456789012@bigquery-encryption.iam.gserviceaccount.com"
    assert found.outputs["bigquery"] == agent and not found.of("ServiceIdentity")


def test_storage_and_logging_are_asked_for_theirs() -> None:
    args = AgentsArgs("careplane-cell", ("pubsub", "storage", "logging"))
    found = declare(lambda: dict(ServiceAgents("a", args).members))
    assert found.one("ServiceIdentity").inputs["service"] == "pubsub.googleapis.com"
    assert (
        found.outputs["storage"]
        == "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com"
    )
    assert (
        found.outputs["logging"] == "serviceAccount:cmek-p123456789012@gcp-sa-logging.iam.gserviceaccount.com"
    )
