"""Functions a program may call without making anything (`gcp.organizations.get_project`, …)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localcloud.plugin.client import Client
from localcloud.plugin.crud import ATTRIBUTION
from localcloud.plugin.kinds import Json


class UnknownFunction(LookupError):
    """A function that has no entry."""

    def __init__(self, token: str) -> None:
        super().__init__(
            f"function {token} is not supported by localcloud's gcp plugin; known: {', '.join(FUNCTIONS)}"
        )
        self.token = token


def invoke(client: Client, token: str, args: Json) -> Json:
    if token not in FUNCTIONS:
        raise UnknownFunction(token)
    return FUNCTIONS[token](client, args)


def get_project(client: Client, args: Json) -> Json:
    """`google_project`: https://registry.terraform.io/providers/hashicorp/google/latest/docs/data-sources/project"""
    project = args.get("projectId") or client.config.project
    found = client.call("resourceManager", "GET", f"projects/{project}")
    parent = found.get("parent") or {}
    labels = found.get("labels") or {}
    return {
        "id": f"projects/{project}",
        "projectId": project,
        "name": found.get("name", ""),
        "number": str(found.get("projectNumber", "")),
        "autoCreateNetwork": True,
        "billingAccount": "",
        "orgId": parent.get("id", "") if parent.get("type") == "organization" else "",
        "folderId": parent.get("id", "") if parent.get("type") == "folder" else "",
        "labels": {k: v for k, v in labels.items() if k not in ATTRIBUTION},
        "effectiveLabels": labels,
        "pulumiLabels": labels,
        "deletionPolicy": "",
        "tags": {},
    }


def get_client_config(client: Client, args: Json) -> Json:
    config = client.config
    return {
        "id": f"projects/{config.project}/regions/{config.region}/zones/{config.zone}",
        "project": config.project,
        "region": config.region,
        "zone": config.zone,
        "accessToken": config.token,
        "defaultLabels": dict(config.labels),
    }


def get_storage_agent(client: Client, args: Json) -> Json:
    """`google_storage_project_service_account`; Google makes the account when it is first asked for."""
    project = args.get("project") or client.config.project
    email = client.call("storage", "GET", f"projects/{project}/serviceAccount").get("email_address", "")
    return {"id": email, "emailAddress": email, "member": f"serviceAccount:{email}", "project": project}


def get_bigquery_agent(client: Client, args: Json) -> Json:
    """`google_bigquery_default_service_account`."""
    project = args.get("project") or client.config.project
    email = client.call("bigQuery", "GET", f"projects/{project}/serviceAccount").get("email", "")
    return {"id": email, "email": email, "member": f"serviceAccount:{email}", "project": project}


def get_key_version(client: Client, args: Json) -> Json:
    """`google_kms_crypto_key_version`; only asymmetric keys have a public half."""
    key, number = args["cryptoKey"], int(args.get("version") or 1)
    found = client.call("kms", "GET", f"{key}/cryptoKeyVersions/{number}")
    purpose = client.call("kms", "GET", key).get("purpose")
    public = []
    if purpose in ("ASYMMETRIC_SIGN", "ASYMMETRIC_DECRYPT"):
        half = client.call("kms", "GET", f"{found['name']}/publicKey")
        public = [{"algorithm": half["algorithm"], "pem": half["pem"]}]
    return {
        "id": f"//cloudkms.googleapis.com/v1/{found['name']}",
        "cryptoKey": key,
        "version": number,
        "publicKeys": public,
        **{name: found.get(name, "") for name in ("name", "algorithm", "protectionLevel", "state")},
    }


def get_logging_settings(client: Client, args: Json) -> Json:
    """`google_logging_project_cmek_settings`."""
    project = args["project"]
    found = client.call("logging", "GET", f"projects/{project}/cmekSettings")
    names = ("name", "kmsKeyName", "kmsKeyVersionName", "serviceAccountId")
    return {
        "id": f"projects/{project}/cmekSettings",
        "project": project,
        **{name: found.get(name, "") for name in names},
    }


FUNCTIONS: dict[str, Callable[[Client, Json], Any]] = {
    "gcp:organizations/getProject:getProject": get_project,
    "gcp:organizations/getClientConfig:getClientConfig": get_client_config,
    "gcp:bigquery/getDefaultServiceAccount:getDefaultServiceAccount": get_bigquery_agent,
    "gcp:kms/getKMSCryptoKeyVersion:getKMSCryptoKeyVersion": get_key_version,
    "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": get_storage_agent,
    "gcp:logging/getProjectCmekSettings:getProjectCmekSettings": get_logging_settings,
}
