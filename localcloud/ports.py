"""Which API listens where. Offsets are stable: stack files name the resulting addresses."""

from __future__ import annotations

from dataclasses import dataclass

PORT_BASE = 17000
"""First port of a local cloud; below the range that systems hand to outgoing connections."""

SPAN = 400
"""Ports that one local cloud may use: APIs from +0, control at +60, gRPC at +61, the rest from +100."""


@dataclass(frozen=True)
class Api:
    """One Google API: discovery name and versions, its provider endpoint keys, its port offset."""

    name: str
    versions: tuple[str, ...]
    offset: int
    endpoints: tuple[tuple[str, str], ...]
    """(Pulumi configuration key without `gcp:`, path that the key's value ends in)."""


APIS: tuple[Api, ...] = (
    Api("accesscontextmanager", ("v1",), 0, (("accessContextManagerCustomEndpoint", "/v1/"),)),
    Api("artifactregistry", ("v1",), 1, (("artifactRegistryCustomEndpoint", "/v1/"),)),
    Api("bigquery", ("v2",), 2, (("bigQueryCustomEndpoint", "/bigquery/v2/"),)),
    Api("binaryauthorization", ("v1",), 3, (("binaryAuthorizationCustomEndpoint", "/v1/"),)),
    Api("certificatemanager", ("v1",), 4, (("certificateManagerCustomEndpoint", "/v1/"),)),
    Api("cloudbilling", ("v1",), 5, (("cloudBillingCustomEndpoint", "/v1/"),)),
    Api("cloudkms", ("v1",), 6, (("kmsCustomEndpoint", "/v1/"),)),
    Api(
        "cloudresourcemanager",
        ("v1", "v3"),
        7,
        (
            ("resourceManagerCustomEndpoint", "/v1/"),
            ("resourceManagerV3CustomEndpoint", "/v3/"),
            ("tagsCustomEndpoint", "/v3/"),
        ),
    ),
    Api("cloudscheduler", ("v1",), 8, (("cloudSchedulerCustomEndpoint", "/v1/"),)),
    Api("cloudtasks", ("v2",), 9, (("cloudTasksCustomEndpoint", "/v2/"),)),
    Api("compute", ("beta", "v1"), 10, (("computeCustomEndpoint", "/compute/beta/"),)),
    Api("dns", ("v1beta2", "v1"), 11, (("dnsCustomEndpoint", "/dns/v1beta2/"),)),
    Api("essentialcontacts", ("v1",), 12, (("essentialContactsCustomEndpoint", "/v1/"),)),
    Api("healthcare", ("v1beta1", "v1"), 13, (("healthcareCustomEndpoint", "/v1beta1/"),)),
    Api("iam", ("v1", "v2"), 14, (("iamBetaCustomEndpoint", "/v1/"), ("iam2CustomEndpoint", "/v2/"))),
    Api("iamcredentials", ("v1",), 15, (("iamCredentialsCustomEndpoint", "/v1/"),)),
    Api("logging", ("v2",), 16, (("loggingCustomEndpoint", "/v2/"),)),
    Api("monitoring", ("v3", "v1"), 17, (("monitoringCustomEndpoint", "/"),)),
    Api("orgpolicy", ("v2",), 18, (("orgPolicyCustomEndpoint", "/v2/"),)),
    Api("pubsub", ("v1",), 19, (("pubsubCustomEndpoint", "/v1/"),)),
    Api("redis", ("v1beta1", "v1"), 20, (("redisCustomEndpoint", "/v1beta1/"),)),
    Api("run", ("v2", "v1"), 21, (("cloudRunV2CustomEndpoint", "/v2/"), ("cloudRunCustomEndpoint", "/"))),
    Api("secretmanager", ("v1",), 22, (("secretManagerCustomEndpoint", "/v1/"),)),
    Api("servicenetworking", ("v1",), 23, (("serviceNetworkingCustomEndpoint", "/v1/"),)),
    Api("serviceusage", ("v1beta1", "v1"), 24, (("serviceUsageCustomEndpoint", "/v1beta1/"),)),
    Api("sqladmin", ("v1beta4", "v1"), 25, (("sqlCustomEndpoint", "/sql/v1beta4/"),)),
    Api("storage", ("v1",), 26, (("storageCustomEndpoint", "/storage/v1/"),)),
    Api("accessapproval", ("v1",), 27, (("accessApprovalCustomEndpoint", "/v1/"),)),
    Api("assuredworkloads", ("v1beta1", "v1"), 28, (("assuredWorkloadsCustomEndpoint", "/v1beta1/"),)),
    Api("billingbudgets", ("v1",), 29, (("billingBudgetsCustomEndpoint", "/v1/"),)),
    Api("cloudbuild", ("v1",), 30, (("cloudBuildCustomEndpoint", "/v1/"),)),
    Api("containeranalysis", ("v1",), 31, (("containerAnalysisCustomEndpoint", "/v1/"),)),
    Api("eventarc", ("v1",), 32, (("eventarcCustomEndpoint", "/v1/"),)),
    Api("privilegedaccessmanager", ("v1",), 33, (("privilegedAccessManagerCustomEndpoint", "/v1/"),)),
)

CONTROL_OFFSET = 60
PUBSUB_GRPC_OFFSET = 61
DYNAMIC_OFFSET = 100
"""From here on: Cloud Run services and the metadata server of each identity."""
