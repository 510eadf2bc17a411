"""Secrets: where plain ones hide, and how seldom they may be replaced."""

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
PLAIN = "no-plaintext-secret"


def environment(*envs: Any) -> dict[str, Any]:
    return {"template": {"containers": [{"envs": list(envs)}]}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "x"),
        ("session_token", "abc"),
        ("HARMLESS", SECRET),
        ("URL", "postgresql://ehr:hunter2@10.0.0.3/ehr"),
        ("CONFIG", "-----BEGIN EC PRIVATE KEY-----"),
        ("DB_PASS", "hunter2"),
        ("DB_PASS", "$ecret"),
        ("MYSQL_PWD", "hunter2"),
        ("SSH_PASSPHRASE", "hunter2"),
        ("AUTH", "Basic dXNlcjpwYXNz"),
        ("HEADER", "Authorization: Bearer abcdefghijklmnop.q"),
        ("ACCESS", "ya29.a0AfH6SMBx"),
        ("MAPS", "AIza" + "x" * 35),
        ("PUSH", "ghp_" + "x" * 36),
        ("DSN", "host=db user=ehr password=hunter2"),
    ],
)
def test_literal_secret_fails_and_is_not_repeated(name: str, value: object) -> None:
    case = one(RULES[PLAIN].types[0], environment({"name": name, "value": value}))
    (found,) = findings(PLAIN, case)
    assert found.verdict is FAILED
    assert str(value) not in found.message + found.seen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAREPLANE_TOKEN_KEY", "projects/p/locations/l/keyRings/r/cryptoKeys/token"),
        ("TOKEN_SECONDS", "300"),
        ("TENANT", "riverside"),
        ("DATABASE_CA", "-----BEGIN CERTIFICATE-----"),
        ("PWD", "/app"),
        ("COMPASS", "north"),
        ("BYPASS_CACHE", "no"),
        ("AUTH", "oidc"),
        ("SCHEME", "Basic authentication"),
        ("NOTE", "Bearer of news"),
        ("DSN", "host=db user=ehr password=$(DB_PASSWORD)"),
    ],
)
def test_name_of_a_key_is_no_secret(name: str, value: str) -> None:
    assert verdict(PLAIN, environment({"name": name, "value": value})) is PASSED


LEAK = {"name": "API_KEY", "value": "abc"}


@pytest.mark.parametrize(
    ("type", "properties"),
    [
        ("cloudrunv2/service:Service", environment(LEAK)),
        ("cloudrunv2/workerPool:WorkerPool", environment(LEAK)),
        ("cloudrunv2/job:Job", {"template": environment(LEAK)}),
        ("cloudrun/service:Service", {"template": {"spec": environment(LEAK)["template"]}}),
        (
            "cloudfunctionsv2/function:Function",
            {"serviceConfig": {"environmentVariables": {"API_KEY": "abc"}}},
        ),
        ("cloudfunctionsv2/function:Function", {"buildConfig": {"environmentVariables": {"API_KEY": "abc"}}}),
        ("cloudfunctions/function:Function", {"environmentVariables": {"API_KEY": "abc"}}),
        ("cloudfunctions/function:Function", {"buildEnvironmentVariables": {"API_KEY": "abc"}}),
        ("compute/instance:Instance", {"metadata": {"db-password": "abc"}}),
        ("compute/instanceTemplate:InstanceTemplate", {"metadata": {"db-password": "abc"}}),
        ("compute/regionInstanceTemplate:RegionInstanceTemplate", {"metadata": {"db-password": "abc"}}),
        ("sql/user:User", {"password": "abc"}),
        ("sql/databaseInstance:DatabaseInstance", {"rootPassword": "abc"}),
        ("secretmanager/secretVersion:SecretVersion", {"secretData": "abc"}),
        ("secretmanager/regionalSecretVersion:RegionalSecretVersion", {"secretData": "abc"}),
    ],
)
def test_plain_secrets_are_found_where_each_type_keeps_them(type: str, properties: dict[str, Any]) -> None:
    (found,) = findings(PLAIN, one(f"gcp:{type}", properties))
    assert found.verdict is FAILED
    assert "abc" not in found.message + found.seen
    assert verdict(PLAIN, {}, f"gcp:{type}") is (UNPROVEN if type.startswith("cloudrun") else PASSED)


@pytest.mark.parametrize(
    ("password", "expected"), [(SECRET, PASSED), ("", PASSED), (None, PASSED), (7, FAILED)]
)
def test_a_password_that_pulumi_encrypts_is_fine(password: Any, expected: Verdict) -> None:
    assert verdict(PLAIN, {"password": password}, "gcp:sql/user:User") is expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (environment("odd"), UNPROVEN),
        (environment({"value": "abc"}), PASSED),
        (environment({"name": 5, "value": "abc"}), PASSED),
        (environment(SECRET), UNPROVEN),
        (environment({"name": "API_KEY", "value": {"odd": 1}}), FAILED),
        ({"template": {"containers": [{"envs": "API_KEY=abc"}]}}, UNPROVEN),
        ({"template": {"containers": "odd"}}, UNPROVEN),
        ({"template": "odd"}, UNPROVEN),
        (environment({"name": "API_KEY", "value": UNKNOWN}), UNPROVEN),
    ],
)
def test_odd_environments(given: dict[str, Any], expected: Verdict) -> None:
    assert verdict(PLAIN, given) is expected


@pytest.mark.parametrize("type", RULES["secret-rotation"].types)
@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("7776000s", PASSED),
        ("31536000s", PASSED),
        ("31536001s", FAILED),
        ("0s", FAILED),
        ("nans", FAILED),
        ("", FAILED),
        (7776000, FAILED),
        (UNKNOWN, UNPROVEN),
    ],
)
def test_secrets_are_replaced_within_a_year(type: str, period: Any, expected: Verdict) -> None:
    assert verdict("secret-rotation", {"rotation": {"rotationPeriod": period}}, type) is expected


def test_a_secret_that_nothing_replaces_fails() -> None:
    assert verdict("secret-rotation", {"rotation": None}) is FAILED
    assert verdict("secret-rotation", {}) is FAILED


@pytest.mark.parametrize("key", ["args", "commands"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["--password=hunter2"], FAILED),
        (["--db-pass", "hunter2"], FAILED),
        (["-c", "DB_PASSWORD=hunter2 serve"], FAILED),
        (["postgresql://ehr:hunter2@10.0.0.3/ehr"], FAILED),
        (["serve", SECRET], FAILED),
        (["serve", UNKNOWN], UNPROVEN),
        ("--password=hunter2", UNPROVEN),
        (["serve", "--port=8080"], PASSED),
        (["--password=$(DB_PASSWORD)"], PASSED),
        (["--password-file=/run/secrets/db", "--token-path", "/run/token"], PASSED),
        (["--password", "--verbose"], PASSED),
        (["--secret=projects/p/secrets/s"], PASSED),
    ],
)
def test_arguments_hold_no_secret(key: str, given: Any, expected: Verdict) -> None:
    case = one(RULES[PLAIN].types[0], {"template": {"containers": [{key: given}]}})
    (found,) = findings(PLAIN, case)
    assert found.verdict is expected
    assert "hunter2" not in str(found)
