"""Encryption in transit: nothing behind the edge accepts or sends patient data in plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from policies.resource import Properties, Resource
from policies.rule import NotApplicable, Problem, rule
from policies.rules.controls import TRANSIT, also
from policies.rules.read import plain, text
from policies.stack import Stack

_SSL_MODE = "settings.ipConfiguration.sslMode"
_ENCRYPTED = ("ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED")


@rule(
    id="sql-ssl-mode",
    number=17,
    title="Cloud SQL instances refuse connections that are not encrypted",
    remedy="Set settings.ipConfiguration.sslMode to ENCRYPTED_ONLY or TRUSTED_CLIENT_CERTIFICATE_REQUIRED.",
    severity="high",
    types=("gcp:sql/databaseInstance:DatabaseInstance",),
    controls=also(TRANSIT, cis=("6.4",)),
    fails={"settings": {"ipConfiguration": {"sslMode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}}},
    passes={"settings": {"ipConfiguration": {"sslMode": "ENCRYPTED_ONLY"}}},
)
def sql_ssl_mode(resource: Resource, stack: Stack) -> Iterator[Problem]:
    # Absent is a failure: Cloud SQL's own default takes both.
    if text(resource, _SSL_MODE) not in _ENCRYPTED:
        yield Problem(_SSL_MODE, resource.at(_SSL_MODE))


_INTERNAL: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "gcp:cloudrunv2/service:Service": (
        "ingress",
        ("INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER", "INGRESS_TRAFFIC_INTERNAL_ONLY"),
    ),
    "gcp:cloudfunctionsv2/function:Function": (
        "serviceConfig.ingressSettings",
        ("ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"),
    ),
    "gcp:cloudfunctions/function:Function": (
        "ingressSettings",
        ("ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"),
    ),
}
_RUN_V1 = "gcp:cloudrun/service:Service"
_RUN_V1_INGRESS = "run.googleapis.com/ingress"
_RUN_V1_INTERNAL: tuple[str, ...] = ("internal", "internal-and-cloud-load-balancing")


@rule(
    id="run-ingress",
    number=22,
    title="Cloud Run services and functions are reached from inside or through the load balancer alone",
    remedy="Set ingress to INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER or INGRESS_TRAFFIC_INTERNAL_ONLY.",
    severity="critical",
    types=(*_INTERNAL, _RUN_V1),
    controls=also(TRANSIT, nist=("SC-7",)),
    fails={"ingress": "INGRESS_TRAFFIC_ALL"},
    passes={"ingress": "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"},
)
def run_ingress(resource: Resource, stack: Stack) -> Iterator[Problem]:
    # Absent is a failure: Google's own default takes all traffic.
    if resource.type == _RUN_V1:
        annotations = resource.at("metadata.annotations")
        seen = annotations.get(_RUN_V1_INGRESS) if isinstance(annotations, Properties) else None
        path, allowed = f"metadata.annotations[{_RUN_V1_INGRESS}]", _RUN_V1_INTERNAL
    else:
        path, allowed = _INTERNAL[resource.type]
        seen = resource.at(path)
    if plain(seen, path) not in allowed:
        yield Problem(path, seen)


_TLS: Mapping[str, str] = {
    "gcp:redis/instance:Instance": "SERVER_AUTHENTICATION",
    "gcp:redis/cluster:Cluster": "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION",
    "gcp:memorystore/instance:Instance": "SERVER_AUTHENTICATION",
}


@rule(
    id="redis-tls",
    number=23,
    title="Memorystore instances and clusters take TLS connections alone",
    remedy="Set transitEncryptionMode to SERVER_AUTHENTICATION when the instance is made.",
    severity="high",
    types=tuple(_TLS),
    controls=TRANSIT,
    fails={"transitEncryptionMode": "DISABLED"},
    passes={"transitEncryptionMode": "SERVER_AUTHENTICATION"},
)
def redis_tls(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if text(resource, "transitEncryptionMode") != _TLS[resource.type]:
        yield Problem("transitEncryptionMode", resource.at("transitEncryptionMode"))


_ENDPOINT = "https://runtime.example.org/events"
_PUSHER = "pusher@p.iam.gserviceaccount.com"


@rule(
    id="push-endpoint",
    number=24,
    title="Push subscriptions send to HTTPS endpoints, with a token that says who sends",
    remedy="Set pushConfig.pushEndpoint to an https URL, and pushConfig.oidcToken.serviceAccountEmail.",
    severity="high",
    types=("gcp:pubsub/subscription:Subscription",),
    controls=also(TRANSIT, hipaa=("164.312(d)",)),
    fails={"pushConfig": {"pushEndpoint": _ENDPOINT}},
    passes={"pushConfig": {"pushEndpoint": _ENDPOINT, "oidcToken": {"serviceAccountEmail": _PUSHER}}},
)
def push_endpoint(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if not resource.at("pushConfig"):
        raise NotApplicable("nothing is pushed: subscribers pull, or Google writes")
    endpoint, sender = "pushConfig.pushEndpoint", "pushConfig.oidcToken.serviceAccountEmail"
    if not text(resource, endpoint).startswith("https://"):
        yield Problem(endpoint, _host(text(resource, endpoint)) or resource.at(endpoint))
    if not text(resource, sender).endswith(".gserviceaccount.com"):
        yield Problem(sender, resource.at(sender))


def _host(url: str) -> str:
    """Scheme and host: user, path and query may hold credentials, and must not travel into a report."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    return f"{parts.scheme}://{host}" if host else "[no address of a host]" if url else ""
