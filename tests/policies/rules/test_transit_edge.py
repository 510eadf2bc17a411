"""The load balancer's TLS, certificates and redirects, in every form that Google has for them."""

from __future__ import annotations

from typing import Any

import pytest

from policies.resource import UNKNOWN
from policies.result import Verdict
from policies.rules.transit_edge import HTTP_PROXIES, SSL_POLICIES, URL_MAPS
from tests.policies.judged import stack, verdict

PASSED, FAILED, UNPROVEN, OTHER = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.UNPROVEN,
    Verdict.NOT_APPLICABLE,
)


@pytest.mark.parametrize("type", SSL_POLICIES)
@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"minTlsVersion": "TLS_1_2", "profile": "RESTRICTED"}, PASSED),
        ({"minTlsVersion": "TLS_1_2", "profile": "MODERN"}, PASSED),
        ({"minTlsVersion": "TLS_1_2", "profile": "FIPS_202205"}, PASSED),
        ({"minTlsVersion": "TLS_1_2", "profile": "COMPATIBLE"}, FAILED),
        ({"minTlsVersion": "TLS_1_2"}, FAILED),
        ({"minTlsVersion": "TLS_1_1", "profile": "RESTRICTED"}, FAILED),
        ({"profile": "RESTRICTED"}, FAILED),
        (
            {
                "minTlsVersion": "TLS_1_2",
                "profile": "CUSTOM",
                "customFeatures": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
            },
            PASSED,
        ),
        (
            {
                "minTlsVersion": "TLS_1_2",
                "profile": "CUSTOM",
                "customFeatures": ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"],
            },
            FAILED,
        ),
        ({"minTlsVersion": "TLS_1_2", "profile": "CUSTOM", "customFeatures": "odd"}, UNPROVEN),
        ({"minTlsVersion": "TLS_1_2", "profile": "CUSTOM"}, FAILED),
        ({"minTlsVersion": UNKNOWN, "profile": "RESTRICTED"}, UNPROVEN),
    ],
)
def test_old_versions_and_weak_suites_are_refused(
    type: str, properties: dict[str, Any], expected: Verdict
) -> None:
    assert verdict("ssl-policy", properties, type) is expected


@pytest.mark.parametrize(
    "proxy",
    [
        "gcp:compute/targetHttpsProxy:TargetHttpsProxy",
        "gcp:compute/regionTargetHttpsProxy:RegionTargetHttpsProxy",
        "gcp:compute/targetSSLProxy:TargetSSLProxy",
    ],
)
def test_every_proxy_names_its_policy(proxy: str) -> None:
    assert verdict("proxy-ssl-policy", {}, proxy) is FAILED
    assert verdict("proxy-ssl-policy", {"sslPolicy": ""}, proxy) is FAILED
    assert verdict("proxy-ssl-policy", {"sslPolicy": ["edge"]}, proxy) is FAILED
    assert verdict("proxy-ssl-policy", {"sslPolicy": "edge"}, proxy) is UNPROVEN
    assert verdict("proxy-ssl-policy", {"sslPolicy": UNKNOWN}, proxy) is UNPROVEN
    assert verdict("proxy-ssl-policy", {"sslPolicy": "projects/p/global/sslPolicies/edge"}, proxy) is PASSED
    beside = stack((proxy, {"sslPolicy": "edge"}), (SSL_POLICIES[0], {"name": "edge"}))
    assert verdict("proxy-ssl-policy", beside) is PASSED


MAP = "projects/p/global/urlMaps/redirect"
TO_HTTPS = {"httpsRedirect": True}
SERVICE = "projects/p/global/backendServices/runtime"


def redirecting(**matcher: Any) -> dict[str, Any]:
    return {"defaultUrlRedirect": TO_HTTPS, "pathMatchers": [matcher]}


@pytest.mark.parametrize("kind", [0, 1])
@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        ({"defaultUrlRedirect": TO_HTTPS}, PASSED),
        ({"defaultUrlRedirect": {"httpsRedirect": False}}, FAILED),
        ({"defaultUrlRedirect": {"hostRedirect": "https.example.org"}}, FAILED),
        ({"defaultService": SERVICE}, FAILED),
        (redirecting(defaultUrlRedirect=TO_HTTPS), PASSED),
        (redirecting(defaultService=SERVICE), FAILED),
        (redirecting(defaultUrlRedirect=TO_HTTPS, pathRules=[{"urlRedirect": TO_HTTPS}]), PASSED),
        (redirecting(defaultUrlRedirect=TO_HTTPS, pathRules=[{"service": SERVICE}]), FAILED),
        (redirecting(defaultUrlRedirect=TO_HTTPS, routeRules=[{"service": SERVICE}]), FAILED),
        ({"defaultUrlRedirect": TO_HTTPS, "pathMatchers": ["odd"]}, UNPROVEN),
        (redirecting(defaultUrlRedirect=TO_HTTPS, pathRules=["odd"]), UNPROVEN),
        ({"defaultUrlRedirect": TO_HTTPS, "pathMatchers": "odd"}, UNPROVEN),
        ({"defaultUrlRedirect": UNKNOWN}, UNPROVEN),
    ],
)
def test_plain_http_does_nothing_but_redirect(kind: int, urls: dict[str, Any], expected: Verdict) -> None:
    case = stack((HTTP_PROXIES[kind], {"urlMap": MAP}), (URL_MAPS[kind], {"id": MAP, **urls}))
    assert verdict("http-proxy-redirects", case) is expected


def test_a_url_map_of_another_stack_is_unproven() -> None:
    assert verdict("http-proxy-redirects", {"urlMap": MAP}) is UNPROVEN


CERTIFICATE = "gcp:certificatemanager/certificate:Certificate"


@pytest.mark.parametrize(
    ("type", "properties", "expected"),
    [
        (CERTIFICATE, {"managed": {"domains": ["*.ehr.example.org"]}}, PASSED),
        (CERTIFICATE, {"managed": {"domains": []}}, FAILED),
        (CERTIFICATE, {"managed": None, "selfManaged": {"pemCertificate": "x"}}, FAILED),
        (CERTIFICATE, {"managed": "odd"}, FAILED),
        (CERTIFICATE, {"managed": {"domains": UNKNOWN}}, UNPROVEN),
        (
            "gcp:compute/managedSslCertificate:ManagedSslCertificate",
            {"managed": {"domains": ["a.example.org"]}},
            PASSED,
        ),
        ("gcp:compute/sSLCertificate:SSLCertificate", {"certificate": "x"}, FAILED),
        ("gcp:compute/regionSslCertificate:RegionSslCertificate", {"certificate": "x"}, FAILED),
    ],
)
def test_certificates_are_managed(type: str, properties: dict[str, Any], expected: Verdict) -> None:
    assert verdict("managed-certificate", properties, type) is expected
