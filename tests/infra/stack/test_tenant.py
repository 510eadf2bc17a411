from __future__ import annotations

import pytest

from infra.errors import ConfigError
from tests.infra.engine import Declared, Resource, declare_place, declare_stack

OUTPUTS = {
    "active",
    "baseUrl",
    "bucket",
    "database",
    "fhirStore",
    "fhirUrl",
    "hl7v2Store",
    "keys",
    "kind",
    "locations",
    "minInstances",
    "profile",
    "serviceAccount",
    "site",
    "sqlInstance",
    "tokenUrl",
    "topics",
}
CELL_ADMINISTRATOR = "sql-admin@careplane-cell.iam"


@pytest.fixture(scope="module")
def place() -> dict[str, Declared]:
    return declare_place()


@pytest.fixture(scope="module", params=["riverside", "lakeside"])
def tenant(request: pytest.FixtureRequest, place: dict[str, Declared]) -> Declared:
    return place[f"local-tenant-{request.param}"]


@pytest.fixture(scope="module")
def riverside(place: dict[str, Declared]) -> Declared:
    return place["local-tenant-riverside"]


@pytest.fixture(scope="module")
def lakeside(place: dict[str, Declared]) -> Declared:
    return place["local-tenant-lakeside"]


def environment(workload: Resource) -> dict[str, str]:
    template = workload.inputs["template"]
    container = template.get("template", template)["containers"][0]
    return {each["name"]: each["value"] for each in container["envs"]}


def test_outputs_are_the_contract(tenant: Declared) -> None:
    assert set(tenant.outputs) >= OUTPUTS
    assert tenant.outputs["fhirUrl"] == tenant.outputs["baseUrl"] + "/fhir"
    assert tenant.outputs["tokenUrl"] == tenant.outputs["baseUrl"] + "/auth/token"
    assert set(tenant.outputs["keys"]) == {"clinical", "fields", "token"}
    assert set(tenant.outputs["topics"]) == {"audit", "dead", "fhir"}
    assert tenant.outputs["site"] == "frankfurt"
    assert tenant.outputs["locations"] == ["europe-west3"]
    assert tenant.outputs["active"] is True
    assert (tenant.outputs["kind"], tenant.outputs["minInstances"]) == ("tenant", 1)


def test_tenants_share_nothing_but_the_cells(riverside: Declared, lakeside: Declared) -> None:
    for key in ("bucket", "database", "fhirStore", "auditStore", "serviceAccount", "secret", "sqlInstance"):
        assert riverside.outputs[key] != lakeside.outputs[key]
    for key in ("keys", "topics"):
        assert not set(riverside.outputs[key].values()) & set(lakeside.outputs[key].values())


def test_dedicated_tenant_has_an_instance_under_its_own_key(riverside: Declared) -> None:
    instance = riverside.one("DatabaseInstance")
    assert instance.inputs["encryptionKeyName"] == riverside.outputs["keys"]["clinical"]
    assert "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::clinical-sqladmin" in riverside.before(instance)
    assert riverside.one("User", "instance-administrator").inputs["name"] == CELL_ADMINISTRATOR


def test_pooled_tenant_has_a_database_on_the_cells_instance(lakeside: Declared) -> None:
    assert not lakeside.of("DatabaseInstance")
    assert lakeside.one("sql/database:Database").inputs["instance"] == "pooled"
    assert lakeside.one("sql/user:User").inputs["name"] == "tenant-lakeside@careplane-cell.iam"


def test_tenants_database_user_has_no_role_of_the_administrator(tenant: Declared) -> None:
    assert "databaseRoles" not in tenant.one("sql/user:User", "database").inputs


def test_jobs_have_run_before_the_service(tenant: Declared) -> None:
    before = tenant.before(tenant.one("cloudrunv2/service:Service"))
    assert "gcp:cloudrunv2/job:Job::migrate" in before
    assert "gcp:cloudrunv2/job:Job::grants" in tenant.before(tenant.one("Job", "migrate"))
    assert "gcp:sql/database:Database::database" in tenant.before(tenant.one("Job", "grants"))
    assert all(tenant.one("Job", job).inputs["runExecutionToken"] for job in ("grants", "migrate"))
    assert "runExecutionToken" not in tenant.one("Job", "admin").inputs


def test_grants_run_as_the_cells_administrator_in_the_cells_project(tenant: Declared) -> None:
    job = tenant.one("Job", "grants")
    assert job.inputs["project"] == "careplane-cell"
    assert job.inputs["template"]["template"]["serviceAccount"].startswith("sql-admin@careplane-cell")
    assert environment(job)["CAREPLANE_ADMIN_USER"] == CELL_ADMINISTRATOR


def test_every_job_lies_under_the_tenants_own_key_which_cloud_run_may_use_first(tenant: Declared) -> None:
    user = "clinical-cell-run" if tenant.outputs["placement"] == "dedicated" else "clinical-run"
    grant = tenant.one("CryptoKeyIAMMember", user)
    assert grant.inputs["member"].startswith("serviceAccount:service-123456789012@")
    for job in tenant.of("cloudrunv2/job:Job"):
        template = job.inputs["template"]["template"]
        assert template["encryptionKey"] == tenant.outputs["keys"]["clinical"], job.name
    assert f"{grant.type}::{grant.name}" in tenant.before(tenant.one("Job", "grants"))


def test_audit_records_have_a_form_and_changes_have_none(tenant: Declared) -> None:
    topics = {each.name: each.inputs.get("schemaSettings") for each in tenant.of("pubsub/topic:Topic")}
    record = tenant.one("pubsub/schema:Schema").inputs
    assert record["type"] == "PROTOCOL_BUFFER" and "message AuditRecord" in record["definition"]
    schema = f"projects/{record['project']}/schemas/{record['name']}"
    assert topics.pop("audit-outbox") == {"schema": schema, "encoding": "JSON"}
    assert set(topics.values()) == {None}


def test_service_is_closed_warm_and_encrypted(tenant: Declared) -> None:
    service = tenant.one("cloudrunv2/service:Service").inputs
    template = service["template"]
    assert service["ingress"] == "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
    assert template["vpcAccess"]["egress"] == "ALL_TRAFFIC"
    assert template["encryptionKey"] == tenant.outputs["keys"]["clinical"]
    assert template["scaling"]["minInstanceCount"] == 1
    assert template["containers"][0]["resources"]["cpuIdle"] is False
    assert template["containers"][0]["startupProbe"]["httpGet"]["path"] == "/readyz"
    assert template["containers"][0]["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert template["serviceAccount"] == tenant.outputs["serviceAccount"]


def test_runtime_is_told_everything_and_no_secret(tenant: Declared) -> None:
    told = environment(tenant.one("cloudrunv2/service:Service"))
    assert set(told) == {
        f"CAREPLANE_{name}"
        for name in (
            "AUDIT_STORE",
            "AUDIT_SUBSCRIPTION",
            "AUDIT_TOPIC",
            "BLIND_INDEX_SECRET",
            "DATABASE",
            "DATABASE_CA",
            "DATABASE_HOST",
            "DATABASE_USER",
            "ENCRYPTED_SYSTEMS",
            "FHIR_STORE",
            "FIELD_KEY",
            "LOCATION",
            "PROFILE",
            "PROJECT",
            "SUBSCRIPTION",
            "TENANT",
            "TOKEN_KEY",
        )
    }
    assert not [value for value in told.values() if "PRIVATE KEY" in value]
    assert told["CAREPLANE_DATABASE_USER"] == tenant.outputs["serviceAccount"].removesuffix(
        ".gserviceaccount.com"
    )


def test_symmetric_keys_rotate_and_the_signing_key_cannot(tenant: Declared) -> None:
    keys = {each.inputs["name"]: each.inputs for each in tenant.of("CryptoKey")}
    assert int(keys["clinical"]["rotationPeriod"].rstrip("s")) <= 90 * 86400
    assert int(keys["fields"]["rotationPeriod"].rstrip("s")) <= 90 * 86400
    assert "rotationPeriod" not in keys["token"]
    assert keys["token"]["purpose"] == "ASYMMETRIC_SIGN"
    assert keys["token"]["versionTemplate"]["algorithm"] == "EC_SIGN_P256_SHA256"


@pytest.mark.parametrize(
    ("kind", "agent"),
    [
        ("healthcare/dataset:Dataset", "healthcare"),
        ("Bucket", "storage"),
        ("pubsub/topic:Topic", "pubsub"),
        ("Secret", "secretmanager"),
        ("cloudrunv2/service:Service", "run"),
    ],
)
def test_googles_identity_may_use_the_key_before_anything_lies_under_it(
    tenant: Declared, kind: str, agent: str
) -> None:
    for resource in tenant.of(kind):
        if resource.name != "audit":
            grant = f"gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember::clinical-{agent}"
            assert grant in tenant.before(resource), resource.name


def test_changes_reach_the_topic_because_healthcare_may_publish(tenant: Declared) -> None:
    store = tenant.one("FhirStore", "records-ehr")
    assert store.inputs["notificationConfigs"] == [
        {"pubsubTopic": tenant.outputs["topics"]["fhir"], "sendFullResource": False}
    ]
    assert "gcp:pubsub/topicIAMMember:TopicIAMMember::fhir-healthcare" in tenant.before(store)


def test_dead_letters_have_a_topic_its_grants_and_a_collector(tenant: Declared) -> None:
    events = tenant.one("pubsub/subscription:Subscription", "fhir-runtime")
    assert events.inputs["deadLetterPolicy"] == {
        "deadLetterTopic": tenant.outputs["topics"]["dead"],
        "maxDeliveryAttempts": 5,
    }
    assert "pubsub" in tenant.one("SubscriptionIAMMember", "fhir-runtime-pubsub").inputs["member"]
    assert "pubsub" in tenant.one("TopicIAMMember", "dead-pubsub").inputs["member"]
    collector = tenant.one("pubsub/subscription:Subscription", "dead-letters")
    assert collector.inputs["topic"] == tenant.outputs["topics"]["dead"]


def test_an_audit_record_is_tried_as_often_as_google_allows_and_then_kept(tenant: Declared) -> None:
    outbox = tenant.one("pubsub/subscription:Subscription", "audit-runtime").inputs
    assert outbox["deadLetterPolicy"]["maxDeliveryAttempts"] == 100
    kept = tenant.one("pubsub/subscription:Subscription", "audit-dead-letters").inputs
    assert kept["topic"] == outbox["deadLetterPolicy"]["deadLetterTopic"]
    assert {each.name for each in tenant.of("AlertPolicy")} >= {"audit-dead-letters", "dead-letters"}
    for name in ("audit-outbox", "audit-dead"):
        assert "keyRings/cell/cryptoKeys/audit" in tenant.one("pubsub/topic:Topic", name).inputs["kmsKeyName"]


def test_audit_outlives_the_tenant_in_the_cells_project(tenant: Declared) -> None:
    audit = tenant.one("healthcare/dataset:Dataset", "audit")
    assert audit.retained and tenant.one("FhirStore", "audit-audit").retained
    assert audit.inputs["project"] == "careplane-cell"
    assert audit.inputs["encryptionSpec"]["kmsKeyName"].endswith("keyRings/cell/cryptoKeys/audit")
    assert tenant.one("FhirStoreIamMember", "audit-writer").inputs["role"].endswith("careplane_audit_writer")


def test_runtime_may_do_no_more_on_the_project_than_log_in_to_its_database(tenant: Declared) -> None:
    roles = {each.inputs["role"] for each in tenant.of("projects/iAMMember:IAMMember")}
    assert roles == {"roles/cloudsql.instanceUser"}, "a log entry could bear another tenant's name"


def test_nobody_is_everybody(tenant: Declared) -> None:
    members = [each.inputs["member"] for each in tenant.resources if "member" in each.inputs]
    assert members and not {"allUsers", "allAuthenticatedUsers"} & set(members)


def test_what_holds_state_is_protected(tenant: Declared) -> None:
    stateful = (
        "CryptoKey",
        "DatabaseInstance",
        "sql/database:Database",
        "healthcare/dataset:Dataset",
        "FhirStore",
        "Hl7Store",
        "Bucket",
        "Secret",
    )
    assert {each.protect for kind in stateful for each in tenant.of(kind)} == {True}


def workloads(found: Declared) -> list[Resource]:
    return [*found.of("cloudrunv2/service:Service"), *found.of("cloudrunv2/job:Job")]


def test_images_are_admitted_by_the_projects_policy_unless_it_is_not_to_be_asked(
    riverside: Declared, place: dict[str, Declared]
) -> None:
    for each in workloads(riverside):
        assert each.inputs["binaryAuthorization"] == {"useDefault": True}, each.name
    upstream = {name: each.outputs for name, each in place.items()}
    unasked = declare_stack("local-tenant-riverside", upstream, {"careplane:binaryAuthorization": "false"})
    assert len(workloads(unasked)) == len(workloads(riverside))
    assert not [each.name for each in workloads(unasked) if "binaryAuthorization" in each.inputs]


def test_whether_the_policy_is_asked_is_yes_or_no(place: dict[str, Declared]) -> None:
    upstream = {name: each.outputs for name, each in place.items()}
    with pytest.raises(ConfigError, match="careplane:binaryAuthorization"):
        declare_stack("local-tenant-riverside", upstream, {"careplane:binaryAuthorization": "default"})


def test_private_profile_has_no_healthcare_records() -> None:
    found = declare_place(
        ("organization", "foundation", "cell", "tenant-riverside"), {"careplane:profile": "private"}
    )
    riverside = found["local-tenant-riverside"]
    assert not [each for each in riverside.of("healthcare/dataset:Dataset") if each.name == "records"]
    assert set(riverside.outputs) >= OUTPUTS
