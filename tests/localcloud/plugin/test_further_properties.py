"""Every property of these types goes out under a name and in a shape that Google knows."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient
import pytest

import localcloud
from localcloud.plugin.catalogue import Property, kind_of, names_of
from localcloud.plugin.client import Client
from localcloud.plugin.config import Config
from localcloud.plugin.crud import Behaviour
from tests.localcloud.plugin.test_every_property import unknown

Json = dict[str, Any]

TYPES = {
    "gcp:assuredworkloads/workload:Workload": (
        "assuredworkloads.v1beta1",
        "GoogleCloudAssuredworkloadsV1beta1Workload",
    ),
    "gcp:organizations/accessApprovalSettings:AccessApprovalSettings": (
        "accessapproval.v1",
        "AccessApprovalSettings",
    ),
    "gcp:logging/organizationSink:OrganizationSink": ("logging.v2", "LogSink"),
    "gcp:logging/folderSink:FolderSink": ("logging.v2", "LogSink"),
    "gcp:logging/logView:LogView": ("logging.v2", "LogView"),
    "gcp:logging/linkedDataset:LinkedDataset": ("logging.v2", "Link"),
    "gcp:kms/ekmConnection:EkmConnection": ("cloudkms.v1", "EkmConnection"),
    "gcp:kms/cryptoKey:CryptoKey": ("cloudkms.v1", "CryptoKey"),
    "gcp:kms/cryptoKeyVersion:CryptoKeyVersion": ("cloudkms.v1", "CryptoKeyVersion"),
    "gcp:storage/notification:Notification": ("storage.v1", "Notification"),
    "gcp:storage/bucket:Bucket": ("storage.v1", "Bucket"),
    "gcp:bigquery/table:Table": ("bigquery.v2", "Table"),
    "gcp:eventarc/trigger:Trigger": ("eventarc.v1", "Trigger"),
    "gcp:eventarc/googleChannelConfig:GoogleChannelConfig": ("eventarc.v1", "GoogleChannelConfig"),
    "gcp:cloudrunv2/workerPool:WorkerPool": ("run.v2", "GoogleCloudRunV2WorkerPool"),
    "gcp:cloudrunv2/job:Job": ("run.v2", "GoogleCloudRunV2Job"),
    "gcp:cloudbuild/trigger:Trigger": ("cloudbuild.v1", "BuildTrigger"),
    "gcp:cloudbuild/workerPool:WorkerPool": ("cloudbuild.v1", "WorkerPool"),
    "gcp:containeranalysis/note:Note": ("containeranalysis.v1", "Note"),
    "gcp:binaryauthorization/attestor:Attestor": ("binaryauthorization.v1", "Attestor"),
    "gcp:binaryauthorization/policy:Policy": ("binaryauthorization.v1", "Policy"),
    "gcp:billing/budget:Budget": ("billingbudgets.v1", "GoogleCloudBillingBudgetsV1Budget"),
    "gcp:privilegedaccessmanager/entitlement:entitlement": ("privilegedaccessmanager.v1", "Entitlement"),
    "gcp:orgpolicy/customConstraint:CustomConstraint": (
        "orgpolicy.v2",
        "GoogleCloudOrgpolicyV2CustomConstraint",
    ),
    "gcp:orgpolicy/policy:Policy": ("orgpolicy.v2", "GoogleCloudOrgpolicyV2Policy"),
    "gcp:accesscontextmanager/accessLevel:AccessLevel": ("accesscontextmanager.v1", "AccessLevel"),
    "gcp:accesscontextmanager/servicePerimeter:ServicePerimeter": (
        "accesscontextmanager.v1",
        "ServicePerimeter",
    ),
    "gcp:secretmanager/secret:Secret": ("secretmanager.v1", "Secret"),
    "gcp:pubsub/topic:Topic": ("pubsub.v1", "Topic"),
    "gcp:healthcare/hl7Store:Hl7Store": ("healthcare.v1beta1", "Hl7V2Store"),
    "gcp:healthcare/dicomStore:DicomStore": ("healthcare.v1beta1", "DicomStore"),
    "gcp:iam/denyPolicy:DenyPolicy": ("iam.v2", "GoogleIamV2Policy"),
    "gcp:monitoring/alertPolicy:AlertPolicy": ("monitoring.v3", "AlertPolicy"),
    "gcp:artifactregistry/repository:Repository": ("artifactregistry.v1", "Repository"),
}

NEWER_THAN_DISCOVERY = {
    "scaling.maxInstanceCount",
    "scaling.minInstanceCount",
    "scaling.scalingMode",
}
UNKNOWN_TO_GOOGLE = {
    f"template.containers.{p}.httpGet.httpHeaders.port" for p in ("startupProbe", "livenessProbe")
}
"""The published provider's own schema of a worker pool's headers has a port, which Google has not."""

TEXTS = {
    "schema": '[{"name": "a", "type": "STRING"}]',
    "parameters": '{"a": true}',
    "rotationPeriod": "86400s",
    "bucket": "projects/p/locations/l/buckets/b",
}


def filled(name: str, prop: Property, texts: Json) -> Any:
    """A value of the property's kind, with everything that it may hold."""
    if name in texts and prop.kind == "s":
        return texts[name]
    if prop.tree is not None:
        made = {n: filled(n, p, texts) for n, p in prop.tree.items()}
        return [made] if prop.is_list else {"k": made} if prop.kind.startswith("{") else made
    value = {"s": "projects/p/x/y", "i": 7, "n": 0.5, "b": True, "a": "x"}[prop.kind[-1]]
    return [value] if prop.is_list else {"k": value} if prop.kind.startswith("{") else value


@cache
def schemas(document: str) -> Json:
    google = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents" / f"{document}.json"
    own = Path(localcloud.__file__).parent / "documents" / f"{document}.json"
    return json.loads((google if google.exists() else own).read_text())["schemas"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("token", TYPES)
def test_goes_out_as_google_knows_it(token: str) -> None:
    document, schema = TYPES[token]
    kind, names = kind_of(token), names_of(token)
    made = (kind.behaviour or Behaviour)(kind, names, Client(Config({}, "p", "europe-west3")))
    texts = {**TEXTS, "schema": "{}"} if schema == "Hl7V2Store" else TEXTS
    body = made.body({name: filled(name, prop, texts) for name, prop in names.inputs.items()})
    strange = set(unknown(schemas(document), {"$ref": schema}, body, ""))
    assert strange - NEWER_THAN_DISCOVERY - UNKNOWN_TO_GOOGLE == set()
