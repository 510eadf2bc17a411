"""What a tenant's runtime needs, made over Google's APIs with the least roles, on a local cloud."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.localcloud.running import RunningCloud
from tests.runtime.world import ASSERTION_TYPE

PROJECT = "careplane-cell"
HERE = f"projects/{PROJECT}/locations/europe-west3"
AGENTS = "123456789012"
AUDIT_WRITER = {
    "title": "Audit writer",
    "includedPermissions": [
        "healthcare.fhirResources.create",
        "healthcare.fhirResources.get",
        "healthcare.fhirStores.executeBundle",
        "healthcare.fhirStores.searchResources",
    ],
    "stage": "GA",
}


@dataclass
class Place:
    """One tenant's place in the cell; `key` is its client's."""

    cloud: RunningCloud
    tenant: str
    key: ECKey
    host: str = ""
    base_url: str = ""

    def call(self, api: str, verb: str, path: str, body: Any = None, **params: str) -> dict[str, Any]:
        answer = self.cloud.request(api, verb, path, body, params=params)
        assert answer.status_code == 200, f"{verb} {api} {path}: {answer.text}"
        return dict(answer.json())

    def grant(self, api: str, resource: str, *bindings: tuple[str, str], path: str = "/v1/") -> None:
        policy = {"bindings": [{"role": role, "members": [member]} for role, member in bindings]}
        self.call(api, "POST", f"{path}{resource}:setIamPolicy", {"policy": policy})

    @property
    def email(self) -> str:
        return f"tenant-{self.tenant}@{PROJECT}.iam.gserviceaccount.com"

    @property
    def member(self) -> str:
        return f"serviceAccount:{self.email}"

    def environment(self) -> dict[str, str]:
        ring, data = f"{HERE}/keyRings/{self.tenant}/cryptoKeys", f"{HERE}/datasets/{self.tenant}"
        return {
            "CAREPLANE_TENANT": self.tenant,
            "CAREPLANE_PROJECT": PROJECT,
            "CAREPLANE_LOCATION": "europe-west3",
            "CAREPLANE_PROFILE": "saas",
            "CAREPLANE_FHIR_STORE": f"{data}/fhirStores/ehr",
            "CAREPLANE_AUDIT_STORE": f"{data}-audit/fhirStores/audit",
            "CAREPLANE_TOKEN_KEY": f"{ring}/token",
            "CAREPLANE_FIELD_KEY": f"{ring}/fields",
            "CAREPLANE_BLIND_INDEX_SECRET": f"projects/{PROJECT}/secrets/{self.tenant}-blind-index",
            "CAREPLANE_SUBSCRIPTION": f"projects/{PROJECT}/subscriptions/{self.tenant}-fhir-runtime",
            "CAREPLANE_AUDIT_TOPIC": f"projects/{PROJECT}/topics/{self.tenant}-audit",
            "CAREPLANE_AUDIT_SUBSCRIPTION": f"projects/{PROJECT}/subscriptions/{self.tenant}-audit-runtime",
            **self.database(),
        }

    def database(self) -> dict[str, str]:
        return {
            "CAREPLANE_DATABASE_HOST": self.host,
            "CAREPLANE_DATABASE": self.tenant,
            "CAREPLANE_DATABASE_USER": f"tenant-{self.tenant}@{PROJECT}.iam",
        }

    def make(self) -> None:
        self.accounts()
        self.keys()
        self.messages()
        self.stores()
        self.sql()
        self.workloads()

    def accounts(self) -> None:
        for name in (f"tenant-{self.tenant}", "sql-admin"):
            self.call("iam", "POST", f"/v1/projects/{PROJECT}/serviceAccounts", {"accountId": name})
        self.call(
            "iam", "POST", f"/v1/projects/{PROJECT}/roles", {"roleId": "audit_writer", "role": AUDIT_WRITER}
        )
        admin = f"serviceAccount:sql-admin@{PROJECT}.iam.gserviceaccount.com"
        login = {"role": "roles/cloudsql.instanceUser", "members": [self.member, admin]}
        body = {"policy": {"bindings": [login]}}
        self.call("cloudresourcemanager", "POST", f"/v1/projects/{PROJECT}:setIamPolicy", body)

    def keys(self) -> None:
        ring = f"{HERE}/keyRings/{self.tenant}"
        self.call("cloudkms", "POST", f"/v1/{HERE}/keyRings", {}, keyRingId=self.tenant)
        self.call(
            "cloudkms", "POST", f"/v1/{ring}/cryptoKeys", {"purpose": "ENCRYPT_DECRYPT"}, cryptoKeyId="fields"
        )
        sign = {"purpose": "ASYMMETRIC_SIGN", "versionTemplate": {"algorithm": "EC_SIGN_P256_SHA256"}}
        self.call("cloudkms", "POST", f"/v1/{ring}/cryptoKeys", sign, cryptoKeyId="token")
        self.grant(
            "cloudkms",
            f"{ring}/cryptoKeys/fields",
            ("roles/cloudkms.cryptoKeyEncrypterDecrypter", self.member),
        )
        signer, viewer = (
            ("roles/cloudkms.signerVerifier", self.member),
            ("roles/cloudkms.viewer", self.member),
        )
        self.grant("cloudkms", f"{ring}/cryptoKeys/token", signer, viewer)
        secret = f"projects/{PROJECT}/secrets"
        body: dict[str, Any] = {"replication": {"automatic": {}}}
        self.call("secretmanager", "POST", f"/v1/{secret}", body, secretId=f"{self.tenant}-blind-index")
        access, add = (f"roles/secretmanager.secret{name}" for name in ("Accessor", "VersionAdder"))
        self.grant(
            "secretmanager", f"{secret}/{self.tenant}-blind-index", (access, self.member), (add, self.member)
        )

    def messages(self) -> None:
        topic, subscription = f"projects/{PROJECT}/topics", f"projects/{PROJECT}/subscriptions"
        agent = f"serviceAccount:service-{AGENTS}@gcp-sa-"
        for name in ("fhir", "dead", "audit"):
            self.call("pubsub", "PUT", f"/v1/{topic}/{self.tenant}-{name}", {})
        healthcare, pubsub = (f"{agent}{name}.iam.gserviceaccount.com" for name in ("healthcare", "pubsub"))
        publisher, subscriber = "roles/pubsub.publisher", "roles/pubsub.subscriber"
        self.grant("pubsub", f"{topic}/{self.tenant}-fhir", (publisher, healthcare))
        self.grant("pubsub", f"{topic}/{self.tenant}-dead", (publisher, pubsub))
        self.grant("pubsub", f"{topic}/{self.tenant}-audit", (publisher, self.member))
        letters = {"deadLetterTopic": f"{topic}/{self.tenant}-dead", "maxDeliveryAttempts": 5}
        body: dict[str, Any] = {
            "topic": f"{topic}/{self.tenant}-fhir",
            "deadLetterPolicy": letters,
            "ackDeadlineSeconds": 10,
        }
        self.call("pubsub", "PUT", f"/v1/{subscription}/{self.tenant}-fhir-runtime", body)
        body = {"topic": f"{topic}/{self.tenant}-audit", "ackDeadlineSeconds": 60}
        self.call("pubsub", "PUT", f"/v1/{subscription}/{self.tenant}-audit-runtime", body)
        self.call(
            "pubsub",
            "PUT",
            f"/v1/{subscription}/{self.tenant}-dead-letters",
            {"topic": f"{topic}/{self.tenant}-dead"},
        )
        self.grant(
            "pubsub",
            f"{subscription}/{self.tenant}-fhir-runtime",
            (subscriber, self.member),
            (subscriber, pubsub),
        )
        self.grant("pubsub", f"{subscription}/{self.tenant}-audit-runtime", (subscriber, self.member))

    def stores(self) -> None:
        topic = f"projects/{PROJECT}/topics/{self.tenant}-fhir"
        store = {"version": "R4", "enableUpdateCreate": True}
        told = {**store, "notificationConfigs": [{"pubsubTopic": topic}]}
        for dataset, name, body, role in (
            (self.tenant, "ehr", told, "roles/healthcare.fhirResourceEditor"),
            (f"{self.tenant}-audit", "audit", store, f"projects/{PROJECT}/roles/audit_writer"),
        ):
            self.call("healthcare", "POST", f"/v1/{HERE}/datasets", {}, datasetId=dataset)
            stores = f"{HERE}/datasets/{dataset}/fhirStores"
            self.call("healthcare", "POST", f"/v1/{stores}", body, fhirStoreId=name)
            self.grant("healthcare", f"{stores}/{name}", (role, self.member))

    def sql(self) -> None:
        self.host = self.instance("pooled")
        self.add_database("pooled", self.tenant)
        self.database_user("pooled")

    def workloads(self) -> None:
        admin = {**self.database(), "CAREPLANE_ADMIN_USER": f"sql-admin@{PROJECT}.iam"}
        self.job("grants", ["grants"], admin, f"sql-admin@{PROJECT}.iam.gserviceaccount.com")
        self.job("migrate", ["migrate"], self.environment(), self.email)
        jwks = json.dumps({"keys": [self.key.as_dict(private=False)]})
        add = ["client", "add", "--id", "app", "--jwks", jwks, "--scope", "system/*.cruds"]
        self.job("admin", add, self.environment(), self.email)
        template = self.template(["serve"], self.environment(), self.email)
        template |= {"scaling": {"minInstanceCount": 1}}
        body = {"template": template, "invokerIamDisabled": True}
        self.call("run", "POST", f"/v2/{HERE}/services", body, serviceId=self.tenant)
        self.grant("run", f"{HERE}/services/{self.tenant}", ("roles/run.viewer", self.member), path="/v2/")
        self.base_url = self.call("run", "GET", f"/v2/{HERE}/services/{self.tenant}")["uri"]

    def database_user(self, instance: str) -> None:
        """The cell's administrator and the tenant's role on an instance."""
        admin = {
            "name": f"sql-admin@{PROJECT}.iam",
            "type": "CLOUD_IAM_SERVICE_ACCOUNT",
            "databaseRoles": ["cloudsqlsuperuser"],
        }
        user = {"name": f"tenant-{self.tenant}@{PROJECT}.iam", "type": "CLOUD_IAM_SERVICE_ACCOUNT"}
        for each in (admin, user):
            self.call("sqladmin", "POST", f"/sql/v1beta4/projects/{PROJECT}/instances/{instance}/users", each)

    def instance(self, name: str) -> str:
        """A Cloud SQL instance with IAM logins; gives its address."""
        network = {"ipv4Enabled": True, "sslMode": "ENCRYPTED_ONLY"}
        flags = [{"name": "cloudsql.iam_authentication", "value": "on"}]
        settings = {"tier": "db-f1-micro", "ipConfiguration": network, "databaseFlags": flags}
        instances = f"/sql/v1beta4/projects/{PROJECT}/instances"
        body = {
            "name": name,
            "region": "europe-west3",
            "databaseVersion": "POSTGRES_18",
            "settings": settings,
        }
        self.call("sqladmin", "POST", instances, body)
        made = self.call("sqladmin", "GET", f"{instances}/{name}")
        return str(made["ipAddresses"][0]["ipAddress"])

    def add_database(self, instance: str, name: str) -> None:
        instances = f"/sql/v1beta4/projects/{PROJECT}/instances"
        self.call("sqladmin", "POST", f"{instances}/{instance}/databases", {"name": name})

    def job(self, name: str, args: list[str], env: dict[str, str], account: str) -> None:
        template = {"template": {**self.template(args, env, account), "maxRetries": 0}}
        job = f"{self.tenant}-{name}"
        self.call("run", "POST", f"/v2/{HERE}/jobs", {"template": template}, jobId=job)
        done = self.cloud.request("run", "POST", f"/v2/{HERE}/jobs/{job}:run", {})
        assert done.status_code == 200 and "error" not in done.json(), done.text

    def template(self, args: list[str], env: dict[str, str], account: str) -> dict[str, Any]:
        values = [{"name": name, "value": value} for name, value in env.items()]
        image = f"europe-west3-docker.pkg.dev/{PROJECT}/careplane/runtime:test"
        probe = {
            "httpGet": {"path": "/readyz"},
            "periodSeconds": 1,
            "failureThreshold": 60,
            "timeoutSeconds": 1,
        }
        container: dict[str, Any] = {"image": image, "args": args, "env": values}
        if args == ["serve"]:
            container |= {"startupProbe": probe}
        return {"serviceAccount": account, "containers": [container]}

    def token(self, scope: str = "system/*.cruds") -> str:
        now = int(time.time())
        claims = {
            "iss": "app",
            "sub": "app",
            "aud": f"{self.base_url}/auth/token",
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
        }
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": jwt.encode({"alg": "ES256", "kid": "k1"}, claims, self.key),
            "scope": scope,
        }
        answer = httpx.post(f"{self.base_url}/auth/token", data=form, trust_env=False, timeout=30)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token()}", "Content-Type": "application/fhir+json"}
        return httpx.Client(base_url=self.base_url, headers=headers, trust_env=False, timeout=60)
