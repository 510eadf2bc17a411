"""Encryption in transit: each type's own switch, and what Google does where it is left out."""

from __future__ import annotations

from typing import Any

import pytest

from policies.case import one
from policies.resource import SECRET, UNKNOWN
from policies.result import Verdict
from policies.rule import RULES
from tests.policies.judged import findings, verdict

PASSED, FAILED, UNPROVEN, OTHER = (
    Verdict.PASSED,
    Verdict.FAILED,
    Verdict.UNPROVEN,
    Verdict.NOT_APPLICABLE,
)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("ENCRYPTED_ONLY", PASSED),
        ("TRUSTED_CLIENT_CERTIFICATE_REQUIRED", PASSED),
        ("ALLOW_UNENCRYPTED_AND_ENCRYPTED", FAILED),
        ("", FAILED),
        (None, FAILED),
        ({"odd": True}, FAILED),
        (UNKNOWN, UNPROVEN),
    ],
)
def test_databases_take_encrypted_connections_alone(mode: Any, expected: Verdict) -> None:
    assert verdict("sql-ssl-mode", {"settings": {"ipConfiguration": {"sslMode": mode}}}) is expected


def test_settings_that_are_no_mapping_fail() -> None:
    assert verdict("sql-ssl-mode", {"settings": "ENCRYPTED_ONLY"}) is FAILED


RUN_V1 = {"metadata": {"annotations": {"run.googleapis.com/ingress": "internal-and-cloud-load-balancing"}}}


@pytest.mark.parametrize(
    ("type", "properties", "expected"),
    [
        ("gcp:cloudrunv2/service:Service", {"ingress": "INGRESS_TRAFFIC_INTERNAL_ONLY"}, PASSED),
        ("gcp:cloudrunv2/service:Service", {}, FAILED),
        ("gcp:cloudrunv2/service:Service", {"ingress": UNKNOWN}, UNPROVEN),
        (
            "gcp:cloudfunctionsv2/function:Function",
            {"serviceConfig": {"ingressSettings": "ALLOW_INTERNAL_AND_GCLB"}},
            PASSED,
        ),
        ("gcp:cloudfunctionsv2/function:Function", {"serviceConfig": {}}, FAILED),
        ("gcp:cloudfunctions/function:Function", {"ingressSettings": "ALLOW_INTERNAL_ONLY"}, PASSED),
        ("gcp:cloudfunctions/function:Function", {"ingressSettings": "ALLOW_ALL"}, FAILED),
        ("gcp:cloudrun/service:Service", RUN_V1, PASSED),
        ("gcp:cloudrun/service:Service", {"metadata": {"annotations": "odd"}}, FAILED),
        ("gcp:cloudrun/service:Service", {}, FAILED),
    ],
)
def test_services_are_reached_from_inside_or_through_the_load_balancer(
    type: str, properties: dict[str, Any], expected: Verdict
) -> None:
    assert verdict("run-ingress", properties, type) is expected


@pytest.mark.parametrize(
    ("type", "mode", "expected"),
    [
        ("gcp:redis/instance:Instance", "SERVER_AUTHENTICATION", PASSED),
        ("gcp:redis/instance:Instance", None, FAILED),
        ("gcp:redis/cluster:Cluster", "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION", PASSED),
        ("gcp:redis/cluster:Cluster", "TRANSIT_ENCRYPTION_MODE_DISABLED", FAILED),
        ("gcp:memorystore/instance:Instance", "SERVER_AUTHENTICATION", PASSED),
        ("gcp:memorystore/instance:Instance", "TRANSIT_ENCRYPTION_DISABLED", FAILED),
    ],
)
def test_caches_take_tls_alone(type: str, mode: str | None, expected: Verdict) -> None:
    assert verdict("redis-tls", {"transitEncryptionMode": mode}, type) is expected


TOKEN = {"serviceAccountEmail": "pusher@p.iam.gserviceaccount.com"}


@pytest.mark.parametrize(
    ("push", "expected"),
    [
        (None, OTHER),
        ({}, OTHER),
        ({"pushEndpoint": "https://r.example.org", "oidcToken": TOKEN}, PASSED),
        ({"pushEndpoint": "http://r.example.org", "oidcToken": TOKEN}, FAILED),
        ({"pushEndpoint": "https://r.example.org"}, FAILED),
        ({"pushEndpoint": "https://r.example.org", "oidcToken": {"serviceAccountEmail": ""}}, FAILED),
        ({"oidcToken": TOKEN}, FAILED),
        ("https://r.example.org", FAILED),
        ({"pushEndpoint": UNKNOWN, "oidcToken": TOKEN}, UNPROVEN),
        ({"pushEndpoint": SECRET, "oidcToken": TOKEN}, UNPROVEN),
    ],
)
def test_pushed_messages_are_encrypted_and_say_who_sends(push: Any, expected: Verdict) -> None:
    assert verdict("push-endpoint", {"pushConfig": push}) is expected


def test_a_credential_in_a_push_endpoint_is_not_repeated() -> None:
    given = {"pushConfig": {"pushEndpoint": "http://r.example.org/events?token=hunter2", "oidcToken": TOKEN}}
    (found,) = findings("push-endpoint", one(RULES["push-endpoint"].types[0], given))
    assert found.verdict is FAILED
    assert "http://r.example.org" in found.message
    assert "hunter2" not in found.message + found.seen


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("http://user:hunter2@r.example.org:80/hunter2?token=hunter2#hunter2", "http://r.example.org"),
        ("user:hunter2@r.example.org/events", "[no address of a host]"),
        ("http://[hunter2", "[no address of a host]"),
        ("hunter2", "[no address of a host]"),
        ("http://user:hunter2@", "[no address of a host]"),
    ],
)
def test_scheme_and_host_alone_of_a_push_endpoint_are_told(endpoint: str, shown: str) -> None:
    given = {"pushConfig": {"pushEndpoint": endpoint, "oidcToken": TOKEN}}
    (found,) = findings("push-endpoint", one(RULES["push-endpoint"].types[0], given))
    assert (found.verdict, found.seen) == (FAILED, repr(shown))
    assert "hunter2" not in str(found)


def test_a_password_in_an_https_push_endpoint_is_not_repeated() -> None:
    given = {"pushConfig": {"pushEndpoint": "https://user:hunter2@r.example.org/"}}
    (found,) = findings("push-endpoint", one(RULES["push-endpoint"].types[0], given))
    assert found.verdict is FAILED and "hunter2" not in str(found)
