"""What must be there before the first stack: state bucket, secrets-provider key, CI's identity.

They depend on no tenant. Safe to repeat: what is there already is compared and never changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from infra.cli.bootstrap_args import ACCOUNT, KEY, RING, STATE_KEY, BootstrapArgs
from infra.cli.google import ApiFailed, Google
from infra.errors import ConfigError

SERVICES = ("cloudkms", "cloudresourcemanager", "iam", "serviceusage", "storage")
ROTATION_DAYS = 90
"""The longest that check 1 allows."""
SOFT_DELETE_SECONDS = 90 * 24 * 3600
"""The longest that Cloud Storage allows: https://cloud.google.com/storage/docs/soft-delete (check 74)."""
OBJECTS = "roles/storage.objectUser"
CIPHER = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


@dataclass(frozen=True)
class Item:
    """`state`: exists, created, would create, or differs (then `detail` says from what)."""

    what: str
    name: str
    state: str
    detail: str = ""


@dataclass
class Bootstrap:
    """One run; `dry` only looks."""

    google: Google
    args: BootstrapArgs
    dry: bool = False
    items: list[Item] = field(default_factory=list)
    _project_there: bool = False

    def run(self) -> list[Item]:
        args = self.args
        self._project()
        for service in SERVICES:
            self._service(f"{service}.googleapis.com")
        self._ensure("key ring", args.ring, "cloudkms", args.ring, self._create_ring)
        for key in (KEY, *((STATE_KEY,) if args.cmek else ())):
            name = f"{args.ring}/cryptoKeys/{key}"
            self._ensure("key", name, "cloudkms", name, self._key_creator(key), _key_differences)
        if args.cmek:
            self._grant(f"{args.ring}/cryptoKeys/{STATE_KEY}", CIPHER, self._storage_agent)
        self._ensure(
            "state bucket",
            f"gs://{args.bucket}",
            "storage",
            f"b/{quote(args.bucket, safe='')}",
            self._create_bucket,
            self._bucket_differences,
        )
        account = f"projects/{args.project}/serviceAccounts/{args.account}"
        self._ensure("CI identity", args.account, "iam", account, self._create_account)
        member = f"serviceAccount:{args.account}"
        self._grant(f"{args.ring}/cryptoKeys/{KEY}", CIPHER, lambda: member)
        self._grant(f"b/{quote(args.bucket, safe='')}", OBJECTS, lambda: member)
        return self.items

    def _add(self, what: str, name: str, state: str, detail: str = "") -> None:
        self.items.append(Item(what, name, state, detail))

    def _make(self, what: str, name: str, create: Callable[[], object]) -> None:
        if not self.dry:
            create()
        self._add(what, name, "would create" if self.dry else "created")

    def _ensure(
        self,
        what: str,
        name: str,
        api: str,
        path: str,
        create: Callable[[], object],
        differences: Callable[[dict[str, Any]], list[str]] = lambda found: [],
    ) -> None:
        found = self._look(api, path)
        if found is None:
            self._make(what, name, create)
            return
        wrong = differences(found)
        self._add(what, name, "differs" if wrong else "exists", "; ".join(wrong))

    def _look(self, api: str, path: str) -> dict[str, Any] | None:
        return self.google.get(api, path) if self._project_there else None

    def _project(self) -> None:
        args = self.args
        # Google answers 403 for a project that is not there.
        if self.google.get("cloudresourcemanager", f"projects/{args.project}", absent=(403, 404)):
            self._project_there = True
            self._add("project", args.project, "exists")
            return
        self._make("project", args.project, self._create_project)
        self._project_there = not self.dry

    def _create_project(self) -> None:
        args = self.args
        if not args.organization:
            raise ConfigError(
                "--organization", None, f"the number of the organisation, since {args.project} is not there"
            )
        body = {
            "projectId": args.project,
            "displayName": args.project,
            "parent": f"organizations/{args.organization}",
        }
        self.google.wait(
            "cloudresourcemanager", self.google.call("POST", "cloudresourcemanager", "projects", body)
        )
        if args.billing_account:
            account = {"billingAccountName": f"billingAccounts/{args.billing_account}"}
            self.google.call("PUT", "cloudbilling", f"projects/{args.project}/billingInfo", account)

    def _service(self, service: str) -> None:
        path = f"projects/{self.args.project}/services/{service}"
        found = self._look("serviceusage", path)
        if found and found.get("state") == "ENABLED":
            self._add("service", service, "exists")
            return
        self._make("service", service, lambda: self._enable(path))

    def _enable(self, path: str) -> None:
        self.google.wait("serviceusage", self.google.call("POST", "serviceusage", f"{path}:enable", {}))

    def _create_ring(self) -> None:
        parent = self.args.ring.rpartition("/keyRings/")[0]
        self.google.call("POST", "cloudkms", f"{parent}/keyRings?keyRingId={RING}", {}, patient=True)

    def _key_creator(self, key: str) -> Callable[[], object]:
        first = datetime.now(UTC) + timedelta(days=ROTATION_DAYS)
        body = {
            "purpose": "ENCRYPT_DECRYPT",
            "versionTemplate": {"algorithm": "GOOGLE_SYMMETRIC_ENCRYPTION", "protectionLevel": "HSM"},
            "rotationPeriod": f"{ROTATION_DAYS * 86400}s",
            "nextRotationTime": first.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        path = f"{self.args.ring}/cryptoKeys?cryptoKeyId={key}"
        return lambda: self.google.call("POST", "cloudkms", path, body, patient=True)

    def _bucket_body(self) -> dict[str, Any]:
        args = self.args
        body: dict[str, Any] = {
            "name": args.bucket,
            "location": args.layout.bucket,
            "storageClass": "STANDARD",
            "iamConfiguration": {
                "publicAccessPrevention": "enforced",
                "uniformBucketLevelAccess": {"enabled": True},
            },
            "versioning": {"enabled": True},
            "softDeletePolicy": {"retentionDurationSeconds": str(SOFT_DELETE_SECONDS)},
        }
        if args.layout.regions:
            regions = [region.upper() for region in args.layout.regions]
            body["customPlacementConfig"] = {"dataLocations": regions}
        if args.cmek:
            body["encryption"] = {"defaultKmsKeyName": f"{args.ring}/cryptoKeys/{STATE_KEY}"}
        return body

    def _create_bucket(self) -> None:
        path = f"b?project={self.args.project}"
        try:
            self.google.call("POST", "storage", path, self._bucket_body(), patient=True)
        except ApiFailed as error:
            if error.status == 409:
                raise ConfigError(
                    "--project", self.args.project, f"one whose bucket {self.args.bucket} is nobody else's"
                ) from error
            raise

    def _bucket_differences(self, found: dict[str, Any]) -> list[str]:
        return _differences(self._bucket_body(), found)

    def _create_account(self) -> None:
        account = {"displayName": "Careplane CI", "description": "Runs pulumi; has no keys"}
        body = {"accountId": ACCOUNT, "serviceAccount": account}
        path = f"projects/{self.args.project}/serviceAccounts"
        self.google.call("POST", "iam", path, body, patient=True)

    def _storage_agent(self) -> str:
        path = f"projects/{self.args.project}/serviceAccount"
        return f"serviceAccount:{self.google.call('GET', 'storage', path)['email_address']}"

    def _grant(self, resource: str, role: str, who: Callable[[], str]) -> None:
        """A role on one resource, never on the project."""
        api, read, verb, write = (
            ("storage", f"{resource}/iam", "PUT", f"{resource}/iam")
            if resource.startswith("b/")
            else ("cloudkms", f"{resource}:getIamPolicy", "POST", f"{resource}:setIamPolicy")
        )
        policy = self._look(api, read)
        member = who() if self._project_there else ""
        name = f"{role} on {resource.rpartition('/')[2]}"
        bindings: list[dict[str, Any]] = (policy or {}).setdefault("bindings", []) if policy else []
        if any(each["role"] == role and member in each["members"] for each in bindings):
            self._add("grant", name, "exists")
            return
        changed = {**(policy or {}), "bindings": [*bindings, {"role": role, "members": [member]}]}
        body = changed if api == "storage" else {"policy": changed}
        self._make("grant", name, lambda: self.google.call(verb, api, write, body, patient=True))


def _key_differences(found: dict[str, Any]) -> list[str]:
    level = (found.get("versionTemplate") or {}).get("protectionLevel")
    period = float(str(found.get("rotationPeriod") or "inf").removesuffix("s"))
    wrong = [] if level == "HSM" else [f"versionTemplate.protectionLevel is {level}, not HSM"]
    if period > ROTATION_DAYS * 86400:
        wrong.append(f"rotationPeriod is {found.get('rotationPeriod')}, more than {ROTATION_DAYS} days")
    return wrong


def _differences(wanted: dict[str, Any], found: dict[str, Any], path: str = "") -> list[str]:
    """`versioning.enabled is False, not True` for every wanted value that is not there."""
    wrong: list[str] = []
    for key, value in wanted.items():
        there = found.get(key)
        if isinstance(value, dict):
            wrong += _differences(value, there if isinstance(there, dict) else {}, f"{path}{key}.")
        elif there != value:
            wrong.append(f"{path}{key} is {there}, not {value}")
    return wrong
