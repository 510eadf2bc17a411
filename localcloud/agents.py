"""Emails of Google's service agents (https://cloud.google.com/iam/docs/service-agents)."""

from __future__ import annotations

_DOMAINS = {
    "artifactregistry": "gcp-sa-artifactregistry",
    "bigquery": "bigquery-encryption",
    "binaryauthorization": "gcp-sa-binaryauthorization",
    "cloudkms": "gcp-sa-cloudkms",
    "cloudscheduler": "gcp-sa-cloudscheduler",
    "cloudtasks": "gcp-sa-cloudtasks",
    "compute": "compute-system",
    "healthcare": "gcp-sa-healthcare",
    "iap": "gcp-sa-iap",
    "logging": "gcp-sa-logging",
    "monitoring": "gcp-sa-monitoring-notification",
    "pubsub": "gcp-sa-pubsub",
    "redis": "cloud-redis",
    "run": "serverless-robot-prod",
    "secretmanager": "gcp-sa-secretmanager",
    "servicenetworking": "service-networking",
    "sqladmin": "gcp-sa-cloud-sql",
    "storage": "gs-project-accounts",
}


def agent(service: str, project_number: str) -> str:
    """The email of a service's agent in a project; the service by its API's name."""
    service = service.removesuffix(".googleapis.com")
    service = {"sql-component": "sqladmin", "storage-component": "storage"}.get(service, service)
    domain = _DOMAINS.get(service, f"gcp-sa-{service}")
    prefix = "bq-" if service == "bigquery" else "service-"
    return f"{prefix}{project_number}@{domain}.iam.gserviceaccount.com"
