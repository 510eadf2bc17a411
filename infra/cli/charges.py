"""What each type of resource is charged by: which price, how much of it a month, and why so much.

Amounts come from the configuration where it says them, else from the assumptions of `stacks/prices.yaml`;
what depends on traffic alone is named with its unit price and not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_SECONDS = 3600
_GIB = {"Gi": 1.0, "G": 1e9 / 2**30, "Mi": 1 / 1024, "M": 1e6 / 2**30, "Ki": 1 / 1024**2, "k": 1e3 / 2**30}


@dataclass(frozen=True)
class Charge:
    """`quantity` of a price's unit a month; None where only traffic decides. `assumed`: not configured."""

    price: str
    quantity: float | None
    why: str
    assumed: bool = False


@dataclass(frozen=True)
class Month:
    """Hours of a month and the assumptions."""

    hours: int
    usage: Mapping[str, float]


class Unpriceable(ValueError):
    """A configuration that the rule does not know: the reason is shown, and nothing is guessed."""


Properties = Mapping[str, Any]
Rule = Callable[[Properties, Month], list[Charge]]


def key(given: Properties, month: Month) -> list[Charge]:
    """Cloud KMS charges active versions; each rotation leaves one more."""
    template = given.get("versionTemplate") or {}
    level, algorithm = (
        str(template.get("protectionLevel") or "SOFTWARE"),
        str(template.get("algorithm") or ""),
    )
    price = {"HSM": "kms.hsm", "SOFTWARE": "kms.software"}.get(level, "kms.external")
    if level == "HSM" and re.match(r"EC_|RSA_\w*(3072|4096)", algorithm):
        price = "kms.hsm.elliptic"
    versions = month.usage["key_versions"] if given.get("rotationPeriod") else 1
    return [
        Charge(price, versions, f"{level} {algorithm}", bool(given.get("rotationPeriod"))),
        Charge("kms.operations", None, "operations"),
    ]


def database(given: Properties, month: Month) -> list[Charge]:
    """A REGIONAL instance is two machines and two disks."""
    settings = given.get("settings") or {}
    cpus, memory = _machine(str(settings.get("tier") or ""))
    edition = "enterprise_plus" if settings.get("edition") == "ENTERPRISE_PLUS" else "enterprise"
    copies = 2 if settings.get("availabilityType") == "REGIONAL" else 1
    what = f"{settings.get('tier')}, {settings.get('availabilityType') or 'ZONAL'}"
    disk = float(settings.get("diskSize") or month.usage["sql_storage_gib"])
    charges = [
        Charge(f"sql.{edition}.cpu", cpus * copies * month.hours, f"{what}: vCPU"),
        Charge(f"sql.{edition}.memory", memory * copies * month.hours, f"{what}: memory"),
        Charge("sql.storage", disk * copies, "SSD", not settings.get("diskSize")),
    ]
    if (settings.get("backupConfiguration") or {}).get("enabled"):
        charges.append(Charge("sql.backup", month.usage["sql_backup_gib"], "backups and logs", True))
    return charges


def _machine(tier: str) -> tuple[float, float]:
    """vCPUs and GiB: https://cloud.google.com/sql/docs/postgres/instance-settings."""
    if found := re.fullmatch(r"db-perf-optimized-N-(\d+)", tier):
        return float(found[1]), float(found[1]) * 8
    if found := re.fullmatch(r"db-custom-(\d+)-(\d+)", tier):
        return float(found[1]), float(found[2]) / 1024
    raise Unpriceable(f"tier {tier or 'not given'}")


def service(given: Properties, month: Month) -> list[Charge]:
    """Instances kept warm; with `cpuIdle` they cost less while no request runs."""
    template = given.get("template") or {}
    least = float((template.get("scaling") or {}).get("minInstanceCount") or 0)
    seconds = least * month.hours * _SECONDS
    charges: list[Charge] = []
    for container in template.get("containers") or ():
        resources = container.get("resources") or {}
        limits = resources.get("limits") or {}
        kind = "run.always" if resources.get("cpuIdle") is False else "run.idle"
        why = f"{least:g} warm"
        more = (
            ("run.active.cpu", "requests") if kind == "run.idle" else ("run.always.cpu", "further instances")
        )
        charges += [
            Charge(more[0], None, more[1]),
            Charge(f"{kind}.cpu", seconds * _cpus(limits.get("cpu") or "1"), f"{why}: vCPU"),
            Charge(f"{kind}.memory", seconds * _gib(limits.get("memory") or "512Mi"), f"{why}: memory"),
        ]
    return [each for each in charges if each.quantity != 0]


def _cpus(text: str) -> float:
    return float(text.removesuffix("m")) / 1000 if text.endswith("m") else float(text)


def _gib(text: str) -> float:
    found = re.fullmatch(r"([\d.]+)(\w+)", text)
    if not found or found[2] not in _GIB:
        raise Unpriceable(f"memory {text}")
    return float(found[1]) * _GIB[found[2]]


def job(given: Properties, month: Month) -> list[Charge]:
    return [Charge("run.active.cpu", None, "executions")]


def store(given: Properties, month: Month) -> list[Charge]:
    return [
        Charge("healthcare.structured", month.usage["fhir_gib"], "structured storage", True),
        Charge("healthcare.requests", None, "requests"),
    ]


def bucket(given: Properties, month: Month) -> list[Charge]:
    price = "storage.multi" if str(given.get("location", "")).lower() in ("eu", "us") else "storage.standard"
    if given.get("customPlacementConfig"):
        raise Unpriceable("dual-region")
    return [Charge(price, month.usage["bucket_gib"], str(given.get("storageClass") or "STANDARD"), True)]


def secret(given: Properties, month: Month) -> list[Charge]:
    replicas = ((given.get("replication") or {}).get("userManaged") or {}).get("replicas") or [{}]
    charges = [Charge("secrets.version", float(len(replicas)), f"1 version, {len(replicas)} location(s)")]
    if given.get("rotation"):
        charges.append(
            Charge("secrets.rotation", month.usage["secret_rotations_per_month"], "rotation notices", True)
        )
    return charges


def log_bucket(given: Properties, month: Month) -> list[Charge]:
    """Retention counts what has gathered by then: at its fullest."""
    monthly = month.usage["log_gib_per_month"]
    kept = max(0.0, float(given.get("retentionDays") or 30) - 30) / (365 / 12)
    return [
        Charge("logging.ingestion", monthly, "log entries", True),
        Charge(
            "logging.retention",
            monthly * kept,
            f"kept {given.get('retentionDays') or 30} days, at its fullest",
            True,
        ),
    ]


def rule(given: Properties, month: Month) -> list[Charge]:
    return [Charge("lb.rule", float(month.hours), "forwarding rule"), Charge("lb.data", None, "data")]


def armor(given: Properties, month: Month) -> list[Charge]:
    rules = len(given.get("rules") or ())
    return [
        Charge("armor.policy", 1.0, "policy"),
        *([Charge("armor.rule", float(rules), f"{rules} rules")] if rules else []),
        Charge("armor.requests", None, "requests"),
    ]


def nat(given: Properties, month: Month) -> list[Charge]:
    addresses = len(given.get("natIps") or ()) or 1
    return [
        Charge("nat.instance", month.usage["nat_instances"] * month.hours, "instances", True),
        Charge("nat.address", float(addresses * month.hours), f"{addresses} address(es)"),
        Charge("nat.data", None, "data"),
    ]


def redis(given: Properties, month: Month) -> list[Charge]:
    size = float(given.get("memorySizeGb") or 0)
    if not 1 <= size <= 4:
        raise Unpriceable(f"memorySizeGb {size:g}")
    price = "redis.standard" if given.get("tier") == "STANDARD_HA" else "redis.basic"
    return [Charge(price, size * month.hours, f"{size:g} GiB {given.get('tier') or 'BASIC'}")]


def alert(given: Properties, month: Month) -> list[Charge]:
    conditions = len(given.get("conditions") or ())
    return [Charge("monitoring.condition", float(conditions), f"{conditions} condition(s)")]


def _fixed(price: str, why: str, hourly: bool = False) -> Rule:
    return lambda given, month: [Charge(price, float(month.hours) if hourly else 1.0, why)]


def _assumed(price: str, key: str, why: str) -> Rule:
    return lambda given, month: [Charge(price, month.usage[key], why, True)]


def _by_use(*charges: tuple[str, str]) -> Rule:
    return lambda given, month: [Charge(price, None, why) for price, why in charges]


RULES: dict[str, Rule] = {
    "gcp:artifactregistry/repository:Repository": _assumed("artifact.storage", "image_gib", "images"),
    "gcp:bigquery/dataset:Dataset": _assumed("bigquery.storage", "bigquery_gib", "storage"),
    "gcp:cloudbuild/trigger:Trigger": _by_use(("build.minutes", "builds")),
    "gcp:cloudrunv2/job:Job": job,
    "gcp:cloudrunv2/service:Service": service,
    "gcp:cloudscheduler/job:Job": _fixed("scheduler.job", "job"),
    "gcp:cloudtasks/queue:Queue": _by_use(("tasks.operations", "operations")),
    "gcp:compute/forwardingRule:ForwardingRule": rule,
    "gcp:compute/globalForwardingRule:GlobalForwardingRule": rule,
    "gcp:compute/routerNat:RouterNat": nat,
    "gcp:compute/securityPolicy:SecurityPolicy": armor,
    "gcp:compute/vPNTunnel:VPNTunnel": _fixed("vpn.tunnel", "tunnel", hourly=True),
    "gcp:dns/managedZone:ManagedZone": lambda given, month: [
        Charge("dns.zone", 1.0, str(given.get("visibility") or "public")),
        Charge("dns.queries", None, "queries"),
    ],
    "gcp:healthcare/consentStore:ConsentStore": store,
    "gcp:healthcare/dicomStore:DicomStore": store,
    "gcp:healthcare/fhirStore:FhirStore": store,
    "gcp:healthcare/hl7Store:Hl7Store": store,
    "gcp:kms/cryptoKey:CryptoKey": key,
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": log_bucket,
    "gcp:monitoring/alertPolicy:AlertPolicy": alert,
    "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig": _by_use(("monitoring.uptime", "executions")),
    "gcp:pubsub/subscription:Subscription": _by_use(("pubsub.retention", "unacknowledged messages")),
    "gcp:pubsub/topic:Topic": _by_use(("pubsub.throughput", "messages")),
    "gcp:redis/instance:Instance": redis,
    "gcp:secretmanager/secret:Secret": secret,
    "gcp:sql/databaseInstance:DatabaseInstance": database,
    "gcp:storage/bucket:Bucket": bucket,
}
