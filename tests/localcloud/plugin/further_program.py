"""A program with the types that no recording has; `CHANGED` is what its second run changes in place."""

import base64
import json
from typing import Any

import pulumi
import pulumi_gcp as gcp

CHANGED = False
CERTIFICATE = ""
PEM = ""

P, NUMBER, R, R2, ORG = "careplane-cell", "123456789012", "europe-west3", "europe-west4", "111"


def agent(name: str) -> str:
    return f"serviceAccount:service-{NUMBER}@{name}.iam.gserviceaccount.com"


def second(value: Any, other: Any) -> Any:
    return other if CHANGED else value


# organisation
folder = gcp.organizations.Folder(
    "folder", display_name="further", parent=f"organizations/{ORG}", deletion_protection=False
)
workload = gcp.assuredworkloads.Workload(
    "workload",
    organization=ORG,
    location="eu",
    display_name=second("careplane eu", "careplane europe"),
    compliance_regime="EU_REGIONS_AND_SUPPORT",
    billing_account="billingAccounts/000000-000000-000000",
    provisioned_resources_parent=folder.name,
    resource_settings=[{"resource_type": "CONSUMER_FOLDER", "display_name": "eu workloads"}],
    enable_sovereign_controls=True,
    labels={"jurisdiction": "eu"},
)
enrolled: list[Any] = [{"cloud_product": "all"}]
approval_organization = gcp.organizations.AccessApprovalSettings(
    "approval-organization",
    organization_id=ORG,
    enrolled_services=enrolled,
    notification_emails=["access@example.org"],
)
approval_folder = gcp.folder.AccessApprovalSettings(
    "approval-folder",
    folder_id=folder.folder_id,
    enrolled_services=[{"cloud_product": "Cloud Storage"}, {"cloud_product": "BigQuery"}],
    notification_emails=second(["a@example.org", "b@example.org"], ["b@example.org", "c@example.org"]),
)
ring = gcp.kms.KeyRing("ring", name="further", project=P, location=R)
signer = gcp.kms.CryptoKey(
    "signer",
    name="approvals",
    key_ring=ring.id,
    purpose="ASYMMETRIC_SIGN",
    version_template={"algorithm": "EC_SIGN_P256_SHA256", "protection_level": "HSM"},
)
approval_project = gcp.projects.AccessApprovalSettings(
    "approval-project",
    project_id=P,
    enrolled_services=enrolled,
    active_key_version=signer.id.apply(lambda key: f"{key}/cryptoKeyVersions/1"),
)
logs: list[Any] = [
    {"log_type": "DATA_READ", "exempted_members": ["user:auditor@example.org"]},
    {"log_type": second("ADMIN_READ", "DATA_WRITE")},
]
audit_organization = gcp.organizations.IamAuditConfig(
    "audit-organization", org_id=ORG, service="allServices", audit_log_configs=logs
)
audit_folder = gcp.folder.IamAuditConfig(
    "audit-folder", folder=folder.name, service="storage.googleapis.com", audit_log_configs=logs
)
constraint = gcp.orgpolicy.CustomConstraint(
    "constraint",
    parent=f"organizations/{ORG}",
    name="custom.requireCmek",
    display_name="Buckets have keys",
    description=second("A bucket needs a key.", "Every bucket needs a key."),
    action_type="DENY",
    condition="resource.encryption.defaultKmsKeyName == ''",
    method_types=["CREATE", "UPDATE"],
    resource_types=["storage.googleapis.com/Bucket"],
)
policy_custom = gcp.orgpolicy.Policy(
    "policy-custom",
    name=constraint.name.apply(lambda name: f"projects/{P}/policies/{name}"),
    parent=f"projects/{P}",
    dry_run_spec={"rules": [{"enforce": "TRUE"}]},
)
policy_values = gcp.orgpolicy.Policy(
    "policy-values",
    name=f"projects/{P}/policies/gcp.restrictServiceUsage",
    parent=f"projects/{P}",
    spec={
        "rules": [
            {
                "values": {"denied_values": ["translate.googleapis.com"]},
                "condition": {"title": "prod", "expression": "resource.matchTag('111/env', 'prod')"},
            },
            {"values": {"allowed_values": second(["storage.googleapis.com"], ["run.googleapis.com"])}},
        ]
    },
    dry_run_spec={"inherit_from_parent": True, "rules": [{"values": {"denied_values": ["a", "b"]}}]},
)
policy_deny = gcp.orgpolicy.Policy(
    "policy-deny",
    name=folder.name.apply(lambda name: f"{name}/policies/iam.allowedPolicyMemberDomains"),
    parent=folder.name,
    spec={"rules": [{"deny_all": "TRUE"}]},
)
deny = gcp.iam.DenyPolicy(
    "deny",
    parent=f"cloudresourcemanager.googleapis.com%2Fprojects%2F{P}",
    name="no-key-destruction",
    display_name=second("Nobody destroys keys", "Nobody but breakglass destroys keys"),
    rules=[
        {
            "description": "keys",
            "deny_rule": {
                "denied_principals": ["principalSet://goog/public:all"],
                "denied_permissions": ["cloudkms.googleapis.com/cryptoKeyVersions.destroy"],
                "exception_principals": ["principalSet://goog/group/breakglass@example.org"],
                "denial_condition": {"title": "always", "expression": "true"},
            },
        }
    ],
)
entitlement = gcp.privilegedaccessmanager.Entitlement(
    "entitlement",
    entitlement_id="breakglass",
    parent=f"projects/{P}",
    location="global",
    max_request_duration=second("3600s", "7200s"),
    eligible_users=[{"principals": ["group:oncall@example.org", "user:lead@example.org"]}],
    privileged_access={
        "gcp_iam_access": {
            "resource": f"//cloudresourcemanager.googleapis.com/projects/{P}",
            "resource_type": "cloudresourcemanager.googleapis.com/Project",
            "role_bindings": [
                {
                    "role": "roles/storage.admin",
                    "condition_expression": 'request.time < timestamp("2030-01-01T00:00:00Z")',
                }
            ],
        }
    },
    requester_justification_config={"unstructured": {}},
    approval_workflow={
        "manual_approvals": {
            "require_approver_justification": True,
            "steps": [
                {
                    "approvers": {"principals": ["group:security@example.org"]},
                    "approvals_needed": 1,
                    "approver_email_recipients": ["security@example.org"],
                }
            ],
        }
    },
    additional_notification_targets={"admin_email_recipients": ["audit@example.org"]},
)
expiring = gcp.projects.IAMMember(
    "expiring",
    project=P,
    role="roles/viewer",
    member="user:auditor@example.org",
    condition={
        "title": "until-2030",
        "description": "for the audit",
        "expression": 'request.time < timestamp("2030-01-01T00:00:00Z")',
    },
)

# perimeter
access = gcp.accesscontextmanager.AccessPolicy(
    "access", parent=f"organizations/{ORG}", title="further", scopes=folder.name
)
access_name = access.name.apply(lambda name: f"accessPolicies/{name}")
level = gcp.accesscontextmanager.AccessLevel(
    "level",
    parent=access_name,
    name=access_name.apply(lambda name: f"{name}/accessLevels/office"),
    title="office",
    basic={
        "combining_function": "OR",
        "conditions": [
            {"ip_subnetworks": ["192.0.2.0/24", "2001:db8::/32"], "regions": ["DE", "FR"]},
            {"members": ["user:lead@example.org"], "negate": True},
        ],
    },
)
rules: dict[str, Any] = {
    "resources": [],
    "restricted_services": ["translate.googleapis.com"],
    "access_levels": [level.name],
    "vpc_accessible_services": {"enable_restriction": True, "allowed_services": ["RESTRICTED-SERVICES"]},
    "ingress_policies": [
        {
            "title": "ci",
            "ingress_from": {
                "identities": ["serviceAccount:ci@x.iam.gserviceaccount.com"],
                "sources": [{"access_level": level.name}],
            },
            "ingress_to": {
                "resources": ["*"],
                "operations": [
                    {
                        "service_name": "storage.googleapis.com",
                        "method_selectors": [{"method": "google.storage.objects.create"}],
                    }
                ],
            },
        }
    ],
    "egress_policies": [
        {
            "egress_from": {"identity_type": "ANY_SERVICE_ACCOUNT"},
            "egress_to": {
                "resources": [f"projects/{NUMBER}"],
                "operations": [
                    {"service_name": "bigquery.googleapis.com", "method_selectors": [{"permission": "*"}]}
                ],
            },
        }
    ],
}
perimeter = gcp.accesscontextmanager.ServicePerimeter(
    "perimeter",
    parent=access_name,
    name=access_name.apply(lambda name: f"{name}/servicePerimeters/further"),
    title=second("further", "further still"),
    description="both configurations",
    use_explicit_dry_run_spec=True,
    status=rules,
    spec=rules,
)

# logging
bucket_logs = gcp.logging.ProjectBucketConfig(
    "bucket-logs", project=P, location=R, bucket_id="further", retention_days=30, enable_analytics=True
)
view = gcp.logging.LogView(
    "view",
    bucket=bucket_logs.id,
    name="audit",
    description=second("audit only", "audit entries only"),
    filter='LOG_ID("cloudaudit.googleapis.com/activity")',
)
linked = gcp.logging.LinkedDataset(
    "linked", bucket=bucket_logs.id, link_id="further_logs", description="log analytics"
)
destination = f"logging.googleapis.com/projects/{P}/locations/{R}/buckets/further"
sink_organization = gcp.logging.OrganizationSink(
    "sink-organization",
    org_id=ORG,
    name="further-organization",
    destination=destination,
    include_children=True,
    intercept_children=False,
    filter=second('logName:"cloudaudit"', 'logName:"cloudaudit.googleapis.com"'),
    exclusions=[{"name": "noise", "filter": "severity<INFO"}],
)
sink_folder = gcp.logging.FolderSink(
    "sink-folder", folder=folder.name, name="further-folder", destination=destination, include_children=True
)

# keys
connection = gcp.kms.EkmConnection(
    "connection",
    name="external",
    project=P,
    location=R,
    key_management_mode="CLOUD_KMS",
    crypto_space_path=second("v0/careplane", "v0/careplane2"),
    service_resolvers=[
        {
            "hostname": "ekm.example.org",
            "service_directory_service": f"projects/{P}/locations/{R}/namespaces/ekm/services/ekm",
            "server_certificates": [{"raw_der": CERTIFICATE}],
        }
    ],
)
by_hand = gcp.kms.EkmConnection(
    "by-hand",
    name="by-hand",
    project=P,
    location=R,
    service_resolvers=[
        {
            "hostname": "ekm2.example.org",
            "service_directory_service": f"projects/{P}/locations/{R}/namespaces/ekm/services/ekm2",
            "server_certificates": [{"raw_der": CERTIFICATE}],
        }
    ],
)
connection_member = gcp.kms.EkmConnectionIamMember(
    "connection-member",
    name=connection.name,
    project=P,
    location=R,
    role="roles/cloudkms.viewer",
    member="user:auditor@example.org",
)
external: dict[str, Any] = {"algorithm": "EXTERNAL_SYMMETRIC_ENCRYPTION", "protection_level": "EXTERNAL_VPC"}
key = gcp.kms.CryptoKey(
    "key",
    name="external",
    key_ring=ring.id,
    crypto_key_backend=connection.id,
    rotation_period="7776000s",
    version_template=external,
)
manual = gcp.kms.CryptoKey(
    "manual",
    name="by-hand",
    key_ring=ring.id,
    crypto_key_backend=by_hand.id,
    skip_initial_version_creation=True,
    version_template=external,
)
version = gcp.kms.CryptoKeyVersion(
    "version",
    crypto_key=manual.id,
    external_protection_level_options={"ekm_connection_key_path": "v0/keys/1"},
    state=second("ENABLED", "DISABLED"),
)
signing = gcp.kms.CryptoKey(
    "signing",
    name="external-signing",
    key_ring=ring.id,
    purpose="ASYMMETRIC_SIGN",
    crypto_key_backend=connection.id,
    version_template={"algorithm": "EC_SIGN_P256_SHA256", "protection_level": "EXTERNAL_VPC"},
)
grants = [
    gcp.kms.CryptoKeyIAMMember(
        f"use-{name}",
        crypto_key_id=key.id,
        role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
        member=member,
    )
    for name, member in {
        "storage": agent("gs-project-accounts"),
        "eventarc": agent("gcp-sa-eventarc"),
        "secrets": agent("gcp-sa-secretmanager"),
        "bigquery": gcp.bigquery.get_default_service_account_output(project=P).member,
        "pubsub": agent("gcp-sa-pubsub"),
    }.items()
]
usable = pulumi.Output.all(key.id, *[grant.id for grant in grants]).apply(lambda ids: ids[0])

# events
topic = gcp.pubsub.Topic("topic", name="further", project=P)
publishers = [
    gcp.pubsub.TopicIAMMember(
        f"publish-{name}", project=P, topic=topic.name, role="roles/pubsub.publisher", member=agent(account)
    )
    for name, account in {
        "storage": "gs-project-accounts",
        "secrets": "gcp-sa-secretmanager",
        "healthcare": "gcp-sa-healthcare",
    }.items()
]
published = pulumi.Output.all(topic.id, *[one.id for one in publishers]).apply(lambda ids: ids[0])
schema = gcp.pubsub.Schema(
    "schema",
    name="further",
    project=P,
    type="AVRO",
    definition=json.dumps(
        {"type": "record", "name": "E", "fields": [{"name": "id", "type": "string", "default": ""}]}
    ),
)
checked = gcp.pubsub.Topic(
    "checked",
    name="further-checked",
    project=P,
    schema_settings={"schema": schema.id, "encoding": second("JSON", "BINARY")},
    message_storage_policy={"allowed_persistence_regions": [R]},
)
dataset = gcp.bigquery.Dataset(
    "dataset",
    dataset_id="further",
    project=P,
    location=R,
    default_encryption_configuration={"kms_key_name": usable},
    delete_contents_on_destroy=True,
)
fields = [
    {"name": "data", "type": "STRING", "mode": "REQUIRED"},
    {"name": "received", "type": "TIMESTAMP"},
]
table = gcp.bigquery.Table(
    "table",
    dataset_id=dataset.dataset_id,
    table_id="events",
    project=P,
    deletion_protection=False,
    description=second("events", "events of the cell"),
    schema=json.dumps(second(fields, [*fields, {"name": "source", "type": "STRING"}])),
    time_partitioning={"type": "DAY", "field": "received", "expiration_ms": 86400000},
    clusterings=["data"],
    encryption_configuration={"kms_key_name": usable},
    labels={"tenant": "riverside"},
)
dataset_member = gcp.bigquery.DatasetIamMember(
    "dataset-member",
    dataset_id=dataset.dataset_id,
    project=P,
    role="roles/bigquery.dataEditor",
    member=agent("gcp-sa-pubsub"),
)
account = gcp.serviceaccount.Account("account", project=P, account_id="further", display_name="further")
to_bigquery = gcp.pubsub.Subscription(
    "to-bigquery",
    name="further-bigquery",
    project=P,
    topic=topic.id,
    bigquery_config={
        "table": pulumi.Output.all(dataset_member.id, table.table_id).apply(lambda _: f"{P}.further.events"),
        "write_metadata": False,
        "drop_unknown_fields": True,
        "use_table_schema": True,
    },
)
pushed = gcp.pubsub.Subscription(
    "pushed",
    name="further-push",
    project=P,
    topic=topic.id,
    filter='attributes.eventType = "OBJECT_FINALIZE"',
    ack_deadline_seconds=second(20, 30),
    push_config={
        "push_endpoint": "https://events.example.org/in",
        "oidc_token": {"service_account_email": account.email, "audience": "https://events.example.org"},
        "attributes": {"x-goog-version": "v1"},
    },
    retry_policy={"minimum_backoff": "10s", "maximum_backoff": "300s"},
)
ordered = gcp.pubsub.Subscription(
    "ordered",
    name="further-ordered",
    project=P,
    topic=topic.id,
    enable_message_ordering=True,
    enable_exactly_once_delivery=True,
    retain_acked_messages=True,
    message_retention_duration="86400s",
    expiration_policy={"ttl": ""},
)
trigger = gcp.eventarc.Trigger(
    "trigger",
    name="further",
    project=P,
    location=R,
    matching_criterias=[{"attribute": "type", "value": "google.cloud.pubsub.topic.v1.messagePublished"}],
    destination={"cloud_run_service": {"service": "ehr", "region": R, "path": second("/events", "/in")}},
    transport={"pubsub": {"topic": topic.id}},
    service_account=account.email,
    labels={"tenant": "riverside"},
)
channel = gcp.eventarc.GoogleChannelConfig(
    "channel",
    name=f"projects/{P}/locations/{R}/googleChannelConfig",
    project=P,
    location=R,
    crypto_key_name=usable,
)

# storage and secrets
access_logs = gcp.storage.Bucket(
    "access-logs",
    name="careplane-further-logs",
    project=P,
    location=R,
    uniform_bucket_level_access=True,
    force_destroy=True,
)
bucket = gcp.storage.Bucket(
    "bucket",
    name="careplane-further",
    project=P,
    location="EU",
    custom_placement_config={"data_locations": ["EUROPE-WEST3", "EUROPE-WEST4"]},
    rpo=second("ASYNC_TURBO", "DEFAULT"),
    uniform_bucket_level_access=True,
    public_access_prevention="enforced",
    versioning={"enabled": True},
    retention_policy={"retention_period": "3600", "is_locked": False},
    logging={"log_bucket": access_logs.name, "log_object_prefix": "further"},
    lifecycle_rules=[
        {"action": {"type": "SetStorageClass", "storage_class": "NEARLINE"}, "condition": {"age": 30}},
        {
            "action": {"type": "Delete"},
            "condition": {
                "num_newer_versions": 3,
                "with_state": "ARCHIVED",
                "matches_prefixes": ["tmp/"],
                "days_since_noncurrent_time": 30,
            },
        },
        {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}},
    ],
    cors=[{"origins": ["https://a.example.org"], "methods": ["GET"], "max_age_seconds": 60}],
)
notification = gcp.storage.Notification(
    "notification",
    bucket=bucket.name,
    topic=published,
    payload_format="JSON_API_V1",
    event_types=["OBJECT_FINALIZE", "OBJECT_DELETE"],
    object_name_prefix="in/",
    custom_attributes={"tenant": "riverside"},
)
secret = gcp.secretmanager.Secret(
    "secret",
    project=P,
    secret_id="further",
    replication={
        "user_managed": {
            "replicas": [
                {"location": R, "customer_managed_encryption": {"kms_key_name": usable}},
                {"location": R2},
            ]
        }
    },
    topics=[{"name": published}],
    rotation={
        "rotation_period": second("2592000s", "7776000s"),
        "next_rotation_time": "2030-01-01T00:00:00Z",
    },
    version_destroy_ttl="86400s",
    version_aliases=None,
    labels={"tenant": "riverside"},
    annotations={"owner": "ops"},
)

# run and build
pool = gcp.cloudrunv2.WorkerPool(
    "pool",
    name="further",
    project=P,
    location=R,
    deletion_protection=False,
    description=second("drains the queue", "drains queues"),
    scaling={"manual_instance_count": 2},
    binary_authorization={"use_default": True},
    template={
        "service_account": account.email,
        "containers": [
            {
                "image": f"{R}-docker.pkg.dev/{P}/careplane/runtime:1",
                "args": ["work"],
                "envs": [{"name": "QUEUE", "value": "further"}],
                "resources": {"limits": {"cpu": "1", "memory": "512Mi"}},
            }
        ],
    },
)
pool_member = gcp.cloudrunv2.WorkerPoolIamMember(
    "pool-member",
    name=pool.name,
    project=P,
    location=R,
    role="roles/run.viewer",
    member="user:auditor@example.org",
)
builders = gcp.cloudbuild.WorkerPool(
    "builders",
    name="further",
    project=P,
    location=R,
    worker_config={"machine_type": second("e2-standard-2", "e2-standard-4"), "no_external_ip": True},
    annotations={"owner": "ops"},
)
build = gcp.cloudbuild.Trigger(
    "build",
    name="runtime-image",
    project=P,
    location=R,
    description=second("image", "the image"),
    service_account=account.id,
    repository_event_config={
        "repository": f"projects/{P}/locations/{R}/connections/gitlab/repositories/careplane",
        "push": {"branch": "^main$"},
    },
    included_files=["runtime/**"],
    substitutions={"_TENANT": "riverside"},
    approval_config={"approval_required": True},
    build={
        "images": [f"{R}-docker.pkg.dev/{P}/careplane/runtime"],
        "steps": [
            {
                "name": "gcr.io/cloud-builders/docker",
                "args": ["build", "-t", "runtime", "."],
                "envs": ["DOCKER_BUILDKIT=1"],
                "wait_fors": ["-"],
            }
        ],
        "options": {"logging": "CLOUD_LOGGING_ONLY", "worker_pool": builders.id},
    },
)
by_message = gcp.cloudbuild.Trigger(
    "by-message",
    project=P,
    pubsub_config={"topic": topic.id},
    source_to_build={"uri": "https://example.org/repo", "ref": "refs/heads/main", "repo_type": "GITHUB"},
    git_file_source={"path": "cloudbuild.yaml", "repo_type": "GITHUB", "uri": "https://example.org/repo"},
)
note = gcp.containeranalysis.Note(
    "note",
    name="further",
    project=P,
    short_description=second("built here", "built and scanned here"),
    attestation_authority={"hint": {"human_readable_name": second("CI", "CI of Careplane")}},
    related_urls=[{"url": "https://example.org", "label": "docs"}],
)
attestor = gcp.binaryauthorization.Attestor(
    "attestor",
    name="further",
    project=P,
    description=second("CI", "CI's attestor"),
    attestation_authority_note={
        "note_reference": note.name,
        "public_keys": [
            {"pkix_public_key": {"public_key_pem": PEM, "signature_algorithm": "ECDSA_P256_SHA256"}}
        ],
    },
)
attestor_member = gcp.binaryauthorization.AttestorIamMember(
    "attestor-member",
    attestor=attestor.name,
    project=P,
    role="roles/binaryauthorization.attestorsViewer",
    member="user:auditor@example.org",
)
signing_version = gcp.kms.get_kms_crypto_key_version_output(crypto_key=signer.id, version=1)
signed = gcp.binaryauthorization.Attestor(
    "signed",
    name="signed",
    project=P,
    attestation_authority_note={
        "note_reference": note.name,
        "public_keys": [
            {
                "id": signing_version.id,
                "pkix_public_key": {
                    "public_key_pem": signing_version.public_keys[0].pem,
                    "signature_algorithm": signing_version.public_keys[0].algorithm,
                },
            }
        ],
    },
)
queue = gcp.cloudtasks.Queue("queue", name="further", project=P, location=R)
queue_member = gcp.cloudtasks.QueueIamMember(
    "queue-member",
    name=queue.name,
    project=P,
    location=R,
    role="roles/cloudtasks.enqueuer",
    member=account.member,
)
admission = gcp.binaryauthorization.Policy(
    "admission",
    project=P,
    default_admission_rule={
        "evaluation_mode": "REQUIRE_ATTESTATION",
        "enforcement_mode": second("DRYRUN_AUDIT_LOG_ONLY", "ENFORCED_BLOCK_AND_AUDIT_LOG"),
        "require_attestations_bies": [attestor.id],
    },
    global_policy_evaluation_mode="ENABLE",
)

images = gcp.artifactregistry.Repository(
    "images",
    project=P,
    location=R,
    repository_id="further",
    format="DOCKER",
    cleanup_policies=[
        {"id": "old", "action": "DELETE", "condition": {"tag_state": "UNTAGGED", "older_than": "604800s"}},
        {"id": "last", "action": "KEEP", "most_recent_versions": {"keep_count": 5}},
    ],
)

# money and alerts
channel_mail = gcp.monitoring.NotificationChannel(
    "mail", project=P, display_name="ops", type="email", labels={"email_address": "ops@example.org"}
)
alert = gcp.monitoring.AlertPolicy(
    "alert",
    project=P,
    display_name="A key was destroyed",
    combiner="OR",
    severity="CRITICAL",
    notification_channels=[channel_mail.name],
    conditions=[
        {
            "display_name": "destroyed",
            "condition_matched_log": {
                "filter": 'protoPayload.methodName="DestroyCryptoKeyVersion"',
                "label_extractors": {"key": "EXTRACT(protoPayload.resourceName)"},
            },
        }
    ],
    alert_strategy={
        "notification_rate_limit": {"period": second("300s", "600s")},
        "auto_close": "1800s",
        "notification_prompts": ["OPENED"],
    },
    documentation={"content": "See the runbook.", "mime_type": "text/markdown"},
    user_labels={"tenant": "riverside"},
)
dashboard = gcp.monitoring.Dashboard(
    "dashboard",
    project=P,
    dashboard_json=json.dumps(
        {
            "displayName": second("Cell", "The cell"),
            "gridLayout": {"columns": "2", "widgets": [{"title": "t", "text": {"content": "c"}}]},
        }
    ),
)
budget = gcp.billing.Budget(
    "budget",
    billing_account="000000-000000-000000",
    display_name="further",
    amount={
        "specified_amount": {"currency_code": "EUR", "units": second("1000", "1200"), "nanos": 500000000}
    },
    budget_filter={
        "projects": [f"projects/{NUMBER}"],
        "calendar_period": "MONTH",
        "labels": {"tenant": "riverside"},
    },
    threshold_rules=[
        {"threshold_percent": 0.5},
        {"threshold_percent": 1.0, "spend_basis": "FORECASTED_SPEND"},
    ],
    all_updates_rule={
        "pubsub_topic": topic.id,
        "monitoring_notification_channels": [channel_mail.name],
        "disable_default_iam_recipients": True,
    },
)
last = gcp.billing.Budget("last", billing_account="000000-000000-000000", amount={"last_period_amount": True})

# health records
records = gcp.healthcare.Dataset("records", name="further", project=P, location=R)
notify: list[Any] = [{"pubsub_topic": published, "send_full_resource": True}]
fhir = gcp.healthcare.FhirStore(
    "fhir",
    name="ehr",
    dataset=records.id,
    version="R4",
    enable_update_create=second(False, True),
    notification_configs=notify,
    consent_config={
        "version": "V1",
        "access_enforced": True,
        "access_determination_log_config": {"log_level": "VERBOSE"},
        "consent_header_handling": {"profile": "REQUIRED_ON_READ"},
    },
    validation_config={
        "disable_profile_validation": False,
        "disable_reference_type_validation": True,
        "enabled_implementation_guides": ["https://example.org/ig"],
    },
    stream_configs=[
        {
            "resource_types": ["Observation"],
            "bigquery_destination": {
                "dataset_uri": dataset.dataset_id.apply(lambda name: f"bq://{P}.{name}"),
                "schema_config": {
                    "schema_type": "ANALYTICS_V2",
                    "recursive_structure_depth": 3,
                    "last_updated_partition_config": {"type": "DAY", "expiration_ms": "86400000"},
                },
            },
        }
    ],
)
hl7 = gcp.healthcare.Hl7Store(
    "hl7",
    name="adt",
    dataset=records.id,
    reject_duplicate_message=True,
    parser_config={"version": "V3", "segment_terminator": base64.b64encode(b"\r").decode()},
    notification_configs=[{"pubsub_topic": published, "filter": 'messageType = "ADT"'}],
)
dicom = gcp.healthcare.DicomStore(
    "dicom",
    name="images",
    dataset=records.id,
    notification_config={"pubsub_topic": published, "send_for_bulk_import": True},
    stream_configs=[{"bigquery_destination": {"table_uri": f"bq://{P}.further.dicom"}}],
)
consent = gcp.healthcare.ConsentStore("consent", name="consent", dataset=records.id)
consent_member = gcp.healthcare.ConsentStoreIamMember(
    "consent-member",
    dataset=records.id,
    consent_store_id=consent.name,
    role="roles/healthcare.consentReader",
    member="user:auditor@example.org",
)
