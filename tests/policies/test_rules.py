"""Every rule fails on its smallest failing input and passes on its smallest passing one."""

from __future__ import annotations

import pytest

import policies.rules  # noqa: F401
from policies.case import Case, one
from policies.context import Context, locations
from policies.resource import SECRET, UNKNOWN
from policies.result import Verdict
from policies.rule import RULES, Rule
from policies.stack import Stack

EU = Context(locations=locations("eu"))
ALL = sorted(RULES.values(), key=lambda rule: rule.number)


def verdict(rule: Rule | str, given: object, context: Context | None = EU) -> Verdict:
    """Of the first resource of a case, or of a resource of the rule's first type with these properties."""
    judged = RULES[rule] if isinstance(rule, str) else rule
    case = given if isinstance(given, Case) else one(judged.types[0], given)  # type: ignore[arg-type]
    built = case.build()
    stack = Stack(built.resources, context, built.name) if context else built
    return judged.finding(stack.of(*judged.types)[0], stack).verdict


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_rule_fails_on_its_failing_input(rule: Rule) -> None:
    assert verdict(rule, rule.fails, None) is Verdict.FAILED


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_rule_passes_on_its_passing_input(rule: Rule) -> None:
    assert verdict(rule, rule.passes, None) is Verdict.PASSED


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_rule_says_what_an_auditor_needs(rule: Rule) -> None:
    assert rule.remedy.endswith(".")
    assert rule.controls["hipaa"]
    assert all(number.startswith("164.") for number in rule.controls["hipaa"])


def test_numbers_are_those_of_the_ninety_one_checks() -> None:
    assert {rule.number for rule in ALL} <= set(range(1, 92))


def test_unknown_value_is_unproven_not_passed() -> None:
    assert verdict("sql-cmek", {"encryptionKeyName": UNKNOWN}) is Verdict.UNPROVEN
    assert verdict("bucket-cmek", {"encryption": UNKNOWN}) is Verdict.UNPROVEN
    assert verdict("no-public-members", {"role": "r", "member": UNKNOWN}) is Verdict.UNPROVEN


def test_unknown_jurisdiction_is_unproven() -> None:
    assert verdict("location-in-jurisdiction", {"location": "europe-west3"}, Context()) is Verdict.UNPROVEN


@pytest.mark.parametrize("period", ["7776001s", "31536000s", ""])
def test_slow_rotation_fails(period: str) -> None:
    assert verdict("kms-rotation", {"rotationPeriod": period}) is Verdict.FAILED


def test_signing_key_has_no_rotation_period_to_judge() -> None:
    assert verdict("kms-rotation", {"purpose": "ASYMMETRIC_SIGN"}) is Verdict.NOT_APPLICABLE


def test_public_members_in_a_binding_fail() -> None:
    binding = {"role": "roles/viewer", "members": ["user:a@example.org", "allAuthenticatedUsers"]}
    assert verdict("no-public-members", binding) is Verdict.FAILED


def environment(name: str, value: object) -> dict[str, object]:
    return {"template": {"containers": [{"envs": [{"name": name, "value": value}]}]}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "x"),
        ("session_token", "abc"),
        ("HARMLESS", SECRET),
        ("URL", "postgresql://ehr:hunter2@10.0.0.3/ehr"),
        ("CONFIG", "-----BEGIN EC PRIVATE KEY-----"),
    ],
)
def test_literal_secret_fails_and_is_not_repeated(name: str, value: object) -> None:
    rule = RULES["no-plaintext-secret"]
    stack = one(rule.types[0], environment(name, value)).build()
    finding = rule.finding(stack.resources[0], stack)
    assert finding.verdict is Verdict.FAILED
    assert str(value) not in finding.message + finding.seen


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAREPLANE_TOKEN_KEY", "projects/p/locations/l/keyRings/r/cryptoKeys/token"),
        ("TOKEN_SECONDS", "300"),
        ("TENANT", "riverside"),
    ],
)
def test_name_of_a_key_is_no_secret(name: str, value: str) -> None:
    assert verdict("no-plaintext-secret", environment(name, value)) is Verdict.PASSED


def test_job_environments_are_judged_too() -> None:
    job = {"template": environment("API_KEY", "abc")}
    assert verdict("no-plaintext-secret", job) is Verdict.FAILED


def test_decommission_lifts_deletion_protection_openly() -> None:
    context = Context(decommission=True)
    assert verdict("sql-deletion-protection", {}, context) is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"region": "https://compute/v1/projects/p/regions/europe-west3"}, Verdict.PASSED),
        ({"location": "US"}, Verdict.FAILED),
        ({"location": "global"}, Verdict.NOT_APPLICABLE),
        ({"settings": {"backupConfiguration": {"location": "us-east1"}}}, Verdict.FAILED),
        ({"replication": {"userManaged": {"replicas": [{"location": "us-east1"}]}}}, Verdict.FAILED),
    ],
)
def test_locations_are_judged_wherever_they_stand(properties: dict[str, object], expected: Verdict) -> None:
    assert verdict("location-in-jurisdiction", properties) is expected
