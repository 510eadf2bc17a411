"""Encryption in transit: nothing accepts, offers or sends patient data in plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policies.resource import Properties, Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules.controls import TRANSIT, also
from policies.rules.read import listed, plain, text
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


SSL_POLICIES = ("gcp:compute/sSLPolicy:SSLPolicy", "gcp:compute/regionSslPolicy:RegionSslPolicy")
# CIS 3.9: no forward secrecy, or 3DES.
_WEAK = frozenset(
    {
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    }
)


@rule(
    id="ssl-policy",
    number=18,
    title="SSL policies take TLS 1.2 or later, and no weak cipher suite",
    remedy="Set minTlsVersion to TLS_1_3 (at least TLS_1_2) and profile to RESTRICTED.",
    severity="high",
    types=SSL_POLICIES,
    controls=also(TRANSIT, cis=("3.9",)),
    fails={"minTlsVersion": "TLS_1_0", "profile": "RESTRICTED"},
    passes={"minTlsVersion": "TLS_1_3", "profile": "RESTRICTED"},
)
def ssl_policy(resource: Resource, stack: Stack) -> Iterator[Problem]:
    # Absent is a failure: Google's own defaults are TLS_1_0 and COMPATIBLE.
    if text(resource, "minTlsVersion") not in ("TLS_1_2", "TLS_1_3"):
        yield Problem("minTlsVersion", resource.at("minTlsVersion"))
    profile = text(resource, "profile")
    if profile == "CUSTOM":
        for path, feature in listed(resource, "customFeatures"):
            if plain(feature, path) in _WEAK:
                yield Problem(path, feature)
    elif profile not in ("MODERN", "RESTRICTED", "FIPS_202205"):
        yield Problem("profile", resource.at("profile"))


@rule(
    id="proxy-ssl-policy",
    number=19,
    title="Every HTTPS and SSL proxy has an SSL policy",
    remedy="Set sslPolicy.",
    severity="high",
    types=(
        "gcp:compute/targetHttpsProxy:TargetHttpsProxy",
        "gcp:compute/regionTargetHttpsProxy:RegionTargetHttpsProxy",
        "gcp:compute/targetSSLProxy:TargetSSLProxy",
    ),
    controls=also(TRANSIT, cis=("3.9",)),
    fails={"urlMap": "projects/p/global/urlMaps/edge"},
    passes={"sslPolicy": "projects/p/global/sslPolicies/edge"},
    whole=True,
)
def proxy_ssl_policy(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if stack.referred(resource, "sslPolicy", *SSL_POLICIES) is not None:
        return
    # Absent is a failure: Google's own default policy takes TLS 1.0.
    named = text(resource, "sslPolicy")
    if not named:
        yield Problem("sslPolicy", resource.at("sslPolicy"))
    elif "/sslPolicies/" not in named:
        raise UnknownValue("sslPolicy", "the policy that sslPolicy names is not in this stack")


URL_MAPS = ("gcp:compute/uRLMap:URLMap", "gcp:compute/regionUrlMap:RegionUrlMap")
HTTP_PROXIES = (
    "gcp:compute/targetHttpProxy:TargetHttpProxy",
    "gcp:compute/regionTargetHttpProxy:RegionTargetHttpProxy",
)
_MAP = "projects/p/global/urlMaps/redirect"


def _plain_http(**urls: object) -> Case:
    return Case((Given(HTTP_PROXIES[0], {"urlMap": _MAP}), Given(URL_MAPS[0], {"id": _MAP, **urls}, "map")))


@rule(
    id="http-proxy-redirects",
    number=20,
    title="HTTP proxies do nothing but redirect to HTTPS",
    remedy="Give the proxy a urlMap with defaultUrlRedirect.httpsRedirect true, and without any service.",
    severity="critical",
    types=HTTP_PROXIES,
    controls=TRANSIT,
    fails=_plain_http(defaultService="projects/p/global/backendServices/runtime"),
    passes=_plain_http(defaultUrlRedirect={"httpsRedirect": True}),
    whole=True,
)
def http_proxy_redirects(resource: Resource, stack: Stack) -> Iterator[Problem]:
    urls = stack.referred(resource, "urlMap", *URL_MAPS)
    if urls is None:
        raise UnknownValue("urlMap", "the URL map of this proxy is not in this stack")
    yield from _redirects(urls.properties, "urlMap.defaultUrlRedirect", "defaultUrlRedirect")
    for path, matcher in listed(urls, "pathMatchers"):
        if not isinstance(matcher, Properties):
            yield Problem(f"urlMap.{path}", matcher)
            continue
        yield from _redirects(matcher, f"urlMap.{path}.defaultUrlRedirect", "defaultUrlRedirect")
        for rules in ("pathRules", "routeRules"):
            for where, each in matcher.each(rules):
                yield from _redirects(each, f"urlMap.{path}.{where}.urlRedirect", "urlRedirect")


def _redirects(holder: Properties, path: str, key: str) -> Iterator[Problem]:
    """Google takes either a redirect or a service, never both."""
    if holder.at(f"{key}.httpsRedirect") is not True:
        yield Problem(f"{path}.httpsRedirect", holder.at(f"{key}.httpsRedirect"))


@rule(
    id="managed-certificate",
    number=21,
    title="Certificates are managed: Google renews them, and nobody holds their private key",
    remedy="Set managed of a Certificate Manager certificate instead of selfManaged.",
    severity="medium",
    types=(
        "gcp:certificatemanager/certificate:Certificate",
        "gcp:compute/managedSslCertificate:ManagedSslCertificate",
        "gcp:compute/mangedSslCertificate:MangedSslCertificate",
        "gcp:compute/sSLCertificate:SSLCertificate",
        "gcp:compute/regionSslCertificate:RegionSslCertificate",
    ),
    controls=also(TRANSIT, nist=("SC-12",)),
    fails={"selfManaged": {"pemCertificate": "-----BEGIN CERTIFICATE-----"}},
    passes={"managed": {"domains": ["ehr.example.org"]}},
)
def managed_certificate(resource: Resource, stack: Stack) -> Iterator[Problem]:
    domains = listed(resource, "managed.domains")
    if not domains:
        yield Problem("managed.domains", resource.at("managed.domains"))
    for path, domain in domains:
        if "." not in plain(domain, path):
            yield Problem(path, domain)


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
_RUN_V1_INTERNAL = ("internal", "internal-and-cloud-load-balancing")


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
        yield Problem(endpoint, _without_query(text(resource, endpoint)) or resource.at(endpoint))
    if not text(resource, sender).endswith(".gserviceaccount.com"):
        yield Problem(sender, resource.at(sender))


def _without_query(url: str) -> str:
    """What follows the question mark may be a credential, and must not travel into a report."""
    return url.split("?", 1)[0]
