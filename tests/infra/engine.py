"""A stand-in for the engine and the provider: declares a program and keeps what it declared.

The names and numbers that Google would give back are computed the way the provider computes them.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks, set_mocks

from infra import config, stack
from infra.cli import places

STACKS = Path(__file__).resolve().parents[2] / "stacks"
NUMBERS = {"careplane-cell": "123456789012", "careplane-riverside": "210987654321"}
"""Of the projects that tests name; any other has a number made of its name."""
PLACED = "projects/{project}/locations/{location}"
IDS = {
    "gcp:accesscontextmanager/accessPolicy:AccessPolicy": "1234",
    "gcp:bigquery/dataset:Dataset": "projects/{project}/datasets/{datasetId}",
    "gcp:binaryauthorization/attestor:Attestor": "projects/{project}/attestors/{name}",
    "gcp:certificatemanager/certificateMap:CertificateMap": "projects/{project}/certificateMaps/{name}",
    "gcp:cloudbuild/workerPool:WorkerPool": PLACED + "/workerPools/{name}",
    "gcp:cloudtasks/queue:Queue": PLACED + "/queues/{name}",
    "gcp:compute/network:Network": "projects/{project}/global/networks/{name}",
    "gcp:compute/subnetwork:Subnetwork": "projects/{project}/regions/{region}/subnetworks/{name}",
    "gcp:containeranalysis/note:Note": "projects/{project}/notes/{name}",
    "gcp:eventarc/trigger:Trigger": PLACED + "/triggers/{name}",
    "gcp:healthcare/dataset:Dataset": PLACED + "/datasets/{name}",
    "gcp:healthcare/consentStore:ConsentStore": "{dataset}/consentStores/{name}",
    "gcp:healthcare/dicomStore:DicomStore": "{dataset}/dicomStores/{name}",
    "gcp:healthcare/fhirStore:FhirStore": "{dataset}/fhirStores/{name}",
    "gcp:healthcare/hl7Store:Hl7Store": "{dataset}/hl7V2Stores/{name}",
    "gcp:kms/cryptoKey:CryptoKey": "{keyRing}/cryptoKeys/{name}",
    "gcp:kms/ekmConnection:EkmConnection": PLACED + "/ekmConnections/{name}",
    "gcp:kms/keyRing:KeyRing": PLACED + "/keyRings/{name}",
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": PLACED + "/buckets/{bucketId}",
    "gcp:monitoring/customService:CustomService": "projects/{project}/services/{serviceId}",
    "gcp:monitoring/slo:Slo": "projects/{project}/services/{service}/serviceLevelObjectives/{sloId}",
    "gcp:organizations/folder:Folder": "folders/77",
    "gcp:organizations/iAMCustomRole:IAMCustomRole": "organizations/{orgId}/roles/{roleId}",
    "gcp:projects/iAMCustomRole:IAMCustomRole": "projects/{project}/roles/{roleId}",
    "gcp:pubsub/schema:Schema": "projects/{project}/schemas/{name}",
    "gcp:pubsub/subscription:Subscription": "projects/{project}/subscriptions/{name}",
    "gcp:pubsub/topic:Topic": "projects/{project}/topics/{name}",
    "gcp:secretmanager/secret:Secret": "projects/{project}/secrets/{secretId}",
}
NAMED_BY_ID = ("accessPolicy:AccessPolicy", "folder:Folder", "iAMCustomRole:IAMCustomRole")


@dataclass(frozen=True)
class Resource:
    """One declared resource with the options that matter for its life."""

    type: str
    name: str
    inputs: dict[str, Any]
    protect: bool
    retained: bool
    waits_for: frozenset[str]


@dataclass
class Declared:
    """What a program declared, and its outputs."""

    resources: list[Resource] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> list[Resource]:
        """Google's resources of a type, by the end of its token: `kms/cryptoKey:CryptoKey` or `CryptoKey`."""
        google = [resource for resource in self.resources if resource.type.startswith("gcp:")]
        return [resource for resource in google if resource.type.endswith((f"/{kind}", f":{kind}"))]

    def one(self, kind: str, name: str | None = None) -> Resource:
        found = [resource for resource in self.of(kind) if name in (None, resource.name)]
        assert len(found) == 1, [resource.name for resource in self.of(kind)]
        return found[0]

    def before(self, resource: Resource) -> set[str]:
        """Names of all that a resource waits for, directly or not."""
        seen: set[str] = set()
        open_: list[str] = list(resource.waits_for)
        by_name = {f"{each.type}::{each.name}": each for each in self.resources}
        while open_:
            urn = open_.pop()
            key = "::".join([urn.split("::")[2].rsplit("$", 1)[-1], urn.split("::")[3]])
            if key not in seen:
                seen.add(key)
                open_.extend(by_name[key].waits_for if key in by_name else ())
        return seen


class Google(Mocks):
    def __init__(self, upstream: dict[str, dict[str, Any]]) -> None:
        self.upstream = upstream

    def call(self, args: MockCallArgs) -> dict[str, Any]:  # type: ignore[override]
        number = _number(args.args.get("project", ""))
        if args.token.endswith("getProjectCmekSettings"):
            return {"serviceAccountId": f"cmek-p{number}@gcp-sa-logging.iam.gserviceaccount.com"}
        if args.token.endswith("getKMSCryptoKeyVersion"):
            version = f"{args.args['cryptoKey']}/cryptoKeyVersions/{int(args.args.get('version', 1))}"
            pem = "-----BEGIN PUBLIC KEY-----\n"
            return {
                "id": f"//cloudkms.googleapis.com/v1/{version}",
                "name": version,
                "publicKeys": [{"algorithm": "EC_SIGN_P256_SHA256", "pem": pem}],
            }
        if args.token.endswith("getDefaultServiceAccount"):
            return {"member": f"serviceAccount:bq-{number}@bigquery-encryption.iam.gserviceaccount.com"}
        return {"member": f"serviceAccount:service-{number}@gs-project-accounts.iam.gserviceaccount.com"}

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {**args.inputs, "outputs": self.upstream[args.name.rsplit("/", 1)[-1]]}
        identity = IDS.get(args.typ, args.name).format_map(args.inputs)
        outputs = {**args.inputs, **_computed(args.typ, args.inputs)}
        if args.typ.endswith(NAMED_BY_ID):
            outputs["name"] = identity
        return identity, outputs


def _number(project: str) -> str:
    return NUMBERS.get(project) or str(10**11 + zlib.crc32(project.encode()))


def _computed(token: str, given: dict[str, Any]) -> dict[str, Any]:
    """What the server or the provider adds to a resource."""
    project = given.get("project", "")
    number = _number(project)
    service = str(given.get("service", "")).split(".")[0]
    email = f"{given.get('accountId')}@{project}.iam.gserviceaccount.com"
    agent = f"serviceAccount:service-{number}@gcp-sa-{service}.iam.gserviceaccount.com"
    known: dict[str, dict[str, Any]] = {
        "gcp:assuredworkloads/workload:Workload": {
            "resources": [{"resourceId": 88, "resourceType": "CONSUMER_FOLDER"}]
        },
        "gcp:certificatemanager/dnsAuthorization:DnsAuthorization": {
            "dnsResourceRecords": [
                {
                    "name": f"_acme-challenge_{project}.{given.get('domain')}.",
                    "type": "CNAME",
                    "data": f"{project}.authorize.certificatemanager.goog.",
                }
            ]
        },
        "gcp:cloudrunv2/service:Service": {"uri": f"http://127.0.0.1:17100/{given.get('name')}"},
        "gcp:compute/address:Address": {
            "address": given.get("address") or "203.0.113.20",
            "selfLink": f"projects/{project}/regions/{given.get('region')}/addresses/{given.get('name')}",
        },
        "gcp:compute/globalAddress:GlobalAddress": {
            "address": given.get("address")
            or ("2001:db8::10" if given.get("ipVersion") == "IPV6" else "203.0.113.10")
        },
        "gcp:compute/haVpnGateway:HaVpnGateway": {
            "vpnInterfaces": [
                {
                    **dict((given.get("vpnInterfaces") or [{}, {}])[n]),
                    "id": n,
                    "ipAddress": f"203.0.113.{30 + n}",
                }
                for n in (0, 1)
            ]
        },
        "gcp:compute/interconnectAttachment:InterconnectAttachment": {
            "pairingKey": f"{given.get('name')}/pairing",
            "selfLink": f"projects/{project}/interconnectAttachments/{given.get('name')}",
        },
        "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager": {
            "instanceGroup": f"projects/{project}/instanceGroups/{given.get('name')}"
        },
        "gcp:dns/managedZone:ManagedZone": {"nameServers": ["ns-cloud-a1.googledomains.com."]},
        "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": {
            "name": f"projects/{number}/locations/global/workloadIdentityPools/"
            f"{given.get('workloadIdentityPoolId')}"
        },
        "gcp:logging/projectSink:ProjectSink": {"writerIdentity": f"serviceAccount:sink@{project}"},
        "gcp:logging/folderSink:FolderSink": {"writerIdentity": f"serviceAccount:sink@{given.get('folder')}"},
        "gcp:logging/organizationSink:OrganizationSink": {
            "writerIdentity": f"serviceAccount:sink@{given.get('orgId')}"
        },
        "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": {"uptimeCheckId": "checked"},
        "gcp:organizations/project:Project": {"number": _number(str(given.get("projectId")))},
        "gcp:projects/serviceIdentity:ServiceIdentity": {"member": agent},
        "gcp:serviceaccount/account:Account": {
            "email": email,
            "member": f"serviceAccount:{email}",
            "name": f"projects/{project}/serviceAccounts/{email}",
        },
        "gcp:redis/instance:Instance": {
            "host": "127.64.0.3",
            "port": 6378,
            "authString": "not-in-plain",
            "serverCaCerts": [{"cert": "-----BEGIN CERTIFICATE-----\n"}],
        },
        "gcp:sql/databaseInstance:DatabaseInstance": {
            "privateIpAddress": "127.64.0.2",
            "serverCaCerts": [{"cert": "-----BEGIN CERTIFICATE-----\n"}],
        },
    }
    return known.get(token, {})


class Monitor(MockMonitor):
    """Keeps what mocks do not see: protection, retention and order."""

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.declared: list[Resource] = []
        self.read: set[tuple[str, str]] = set()
        self.loops: set[asyncio.AbstractEventLoop] = set()

    def RegisterResource(self, request: Any) -> Any:
        reply = self._in_thread(super().RegisterResource, request)
        if request.type != "pulumi:pulumi:Stack":
            inputs = pulumi.runtime.rpc.deserialize_properties(request.object)
            waits = frozenset(request.dependencies)
            self.declared.append(
                Resource(request.type, request.name, inputs, request.protect, request.retainOnDelete, waits)
            )
        return reply

    def ReadResource(self, request: Any) -> Any:
        key = (request.type, request.name)
        assert key not in self.read, f"{request.name} is read twice, which the engine refuses"
        self.read.add(key)
        return self._in_thread(super().ReadResource, request)

    def Invoke(self, request: Any) -> Any:
        return self._in_thread(super().Invoke, request)

    def _in_thread(self, answer: Callable[[Any], Any], request: Any) -> Any:
        """Pulumi gives each of its threads a loop and closes none."""
        try:
            return answer(request)
        finally:
            with suppress(RuntimeError):
                self.loops.add(asyncio.get_event_loop_policy().get_event_loop())


def declare(
    program: Callable[[], Any], name: str = "local-cell", upstream: dict[str, dict[str, Any]] | None = None
) -> Declared:
    """Run a program against the stand-in; its mapping of outputs, resolved, is kept too."""
    mocks = Google(upstream or {})
    monitor = Monitor(mocks)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    set_mocks(mocks, project="careplane", stack=name, monitor=monitor)
    result = Declared()

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run() -> Any:
        outputs = program()
        named = outputs if isinstance(outputs, dict) else {}
        return pulumi.Output.from_input(named).apply(result.outputs.update)

    try:
        run()
    finally:
        asyncio.set_event_loop(None)
        for each in {loop, *monitor.loops}:
            each.close()
    result.resources = monitor.declared
    return result


def declare_stack(
    name: str, upstream: dict[str, dict[str, Any]] | None = None, changes: dict[str, Any] | None = None
) -> Declared:
    """Declare a committed stack file, with some keys changed."""
    source = Edited(STACKS / f"Pulumi.{name}.yaml", changes or {})
    return declare(lambda: stack.build(config.load(source)), name, upstream)


def declare_place(
    names: Iterable[str] = (), changes: dict[str, Any] | None = None, place: str = "local"
) -> dict[str, Declared]:
    """The stacks of a place in order, each given the outputs before it; `names` come without the place.

    `changes` change the keys that a stack's file has.
    """
    done: dict[str, Declared] = {}
    wanted = [f"{place}-{name}" for name in names] or [each.name for each in places.stacks(place)]
    for name in wanted:
        upstream = {stack_name: each.outputs for stack_name, each in done.items()}
        has = config.FileSource(STACKS / f"Pulumi.{name}.yaml").keys()
        mine = {key: value for key, value in (changes or {}).items() if key in has}
        done[name] = declare_stack(name, upstream, mine)
    return done


class Edited(config.FileSource):
    """A stack file with some keys changed; None removes one."""

    def __init__(self, path: Path, changes: dict[str, Any]) -> None:
        super().__init__(path)
        self._values = {key: value for key, value in {**self._values, **changes}.items() if value is not None}
