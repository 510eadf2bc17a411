"""A database and its replica in another region, each under its own key; a service and a job with a secret."""

from typing import Any

import pulumi
import pulumi_gcp as gcp

CHANGED = False

P, NUMBER, R, R2 = "careplane-cell", "123456789012", "europe-west3", "europe-west4"
IMAGE = f"{R}-docker.pkg.dev/{P}/careplane/answer:1"


def second(value: Any, other: Any) -> Any:
    return other if CHANGED else value


keys: dict[str, Any] = {}
for region in (R, R2):
    ring = gcp.kms.KeyRing(f"ring-{region}", name="recovery", project=P, location=region)
    key = gcp.kms.CryptoKey(f"key-{region}", name="sql", key_ring=ring.id)
    grant = gcp.kms.CryptoKeyIAMMember(
        f"grant-{region}",
        crypto_key_id=key.id,
        role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
        member=f"serviceAccount:service-{NUMBER}@gcp-sa-cloud-sql.iam.gserviceaccount.com",
    )
    keys[region] = pulumi.Output.all(key.id, grant.id).apply(lambda ids: ids[0])

settings: dict[str, Any] = {
    "tier": "db-perf-optimized-N-2",
    "edition": "ENTERPRISE_PLUS",
    "ip_configuration": {"ipv4_enabled": True, "ssl_mode": "ENCRYPTED_ONLY"},
    "database_flags": [{"name": "cloudsql.iam_authentication", "value": "on"}],
    "deny_maintenance_period": {"start_date": "2026-12-20", "end_date": "2027-01-05", "time": "00:00:00"},
    "password_validation_policy": {"enable_password_policy": True, "min_length": 12},
    "user_labels": {"tenant": "riverside"},
}
backups = {"enabled": True, "point_in_time_recovery_enabled": True, "start_time": "02:00", "location": R2}
primary = gcp.sql.DatabaseInstance(
    "primary",
    name="recovery-primary",
    project=P,
    region=R,
    database_version="POSTGRES_17",
    deletion_protection=False,
    encryption_key_name=keys[R],
    settings={**settings, "availability_type": "REGIONAL", "backup_configuration": backups},
)
replica = gcp.sql.DatabaseInstance(
    "replica",
    name="recovery-replica",
    project=P,
    region=R2,
    database_version="POSTGRES_17",
    deletion_protection=False,
    encryption_key_name=keys[R2],
    instance_type=second("READ_REPLICA_INSTANCE", "CLOUD_SQL_INSTANCE"),
    master_instance_name=second(primary.name, None),
    settings={**settings, **second({}, {"backup_configuration": backups})},
)
group = gcp.sql.User(
    "group", project=P, instance=primary.name, name="dba@example.org", type="CLOUD_IAM_GROUP"
)
person = gcp.sql.User(
    "person",
    project=P,
    instance=primary.name,
    name="lead@example.org",
    type="CLOUD_IAM_USER",
    database_roles=["cloudsqlsuperuser"],
)

account = gcp.serviceaccount.Account("account", project=P, account_id="recovery")
secret = gcp.secretmanager.Secret("secret", project=P, secret_id="recovery", replication={"auto": {}})
version = gcp.secretmanager.SecretVersion("version", secret=secret.id, secret_data="s3cret")
reader = gcp.secretmanager.SecretIamMember(
    "reader",
    project=P,
    secret_id=secret.secret_id,
    role="roles/secretmanager.secretAccessor",
    member=account.member,
)
container: dict[str, Any] = {
    "image": IMAGE,
    "envs": [
        {"name": "KEY", "value_source": {"secret_key_ref": {"secret": secret.secret_id, "version": "latest"}}}
    ],
}
after = pulumi.ResourceOptions(depends_on=[version, reader])
service = gcp.cloudrunv2.Service(
    "service",
    name="recovery",
    project=P,
    location=R,
    deletion_protection=False,
    ingress="INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
    binary_authorization={"use_default": True},
    custom_audiences=["https://recovery.example.org"],
    template={
        "revision": second("recovery-one", "recovery-two"),
        "service_account": account.email,
        "containers": [container],
    },
    traffics=second(
        [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100}],
        [
            {
                "type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION",
                "revision": "recovery-one",
                "percent": 90,
            },
            {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 10, "tag": "canary"},
        ],
    ),
    opts=after,
)
job = gcp.cloudrunv2.Job(
    "job",
    name="recovery",
    project=P,
    location=R,
    deletion_protection=False,
    binary_authorization={"use_default": True},
    template={
        "template": {
            "service_account": account.email,
            "max_retries": 1,
            "containers": [{**container, "args": second(["one"], ["two"])}],
        }
    },
    opts=after,
)
