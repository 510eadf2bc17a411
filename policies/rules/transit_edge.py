"""Encryption in transit, at the load balancer: modern TLS, managed certificates, no plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Properties, Resource, UnknownValue
from policies.rule import Case, Given, Problem, rule
from policies.rules.controls import TRANSIT, also
from policies.rules.read import listed, mappings, plain, text
from policies.stack import Stack

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
        features = listed(resource, "customFeatures")
        if not features:
            yield Problem("customFeatures", None)
        for path, feature in features:
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
    for path, matcher in mappings(urls, "pathMatchers"):
        yield from _redirects(matcher, f"urlMap.{path}.defaultUrlRedirect", "defaultUrlRedirect")
        for rules in ("pathRules", "routeRules"):
            for where, each in mappings(matcher, rules):
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
