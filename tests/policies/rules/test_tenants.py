"""What tenants may not share, each rule on its smallest estates and on odd ones."""

from __future__ import annotations

import pytest

import policies.rules  # noqa: F401
from policies.case import Case
from policies.errors import StateError
from policies.estate import Estate
from policies.judge import judge_together
from policies.resource import SECRET, UNKNOWN
from policies.result import Finding, Verdict
from policies.rule import ESTATE_RULES, EstateRule
from policies.rules.tenants import TOPIC, _account, _tenant, _topic
from policies.waivers import Waivers
from tests.policies.state_example import SECRET as WIRE_SECRET

ALL = list(ESTATE_RULES.values())


def verdicts(rule: str, *cases: Case) -> set[Verdict]:
    findings = judge_together(Estate(tuple(case.build() for case in cases)), Waivers())
    return {finding.verdict for finding in findings if finding.rule == rule}


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_fails_and_passes(rule: EstateRule) -> None:
    assert Verdict.FAILED in verdicts(rule.id, *rule.fails)
    assert verdicts(rule.id, *rule.passes) == {Verdict.PASSED}


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_one_tenant_proves_nothing(rule: EstateRule) -> None:
    assert verdicts(rule.id, rule.fails[0]) == {Verdict.NOT_APPLICABLE}


def test_versions_and_addresses_of_one_key_are_one_key() -> None:
    key = "projects/p/locations/l/keyRings/a/cryptoKeys/clinical"
    version = f"//cloudkms.googleapis.com/v1/{key}/cryptoKeyVersions/1"
    found = verdicts("tenants-share-no-key", _topic("a", key), _topic("b", version))
    assert Verdict.FAILED in found


def test_the_cells_audit_key_outlives_tenants() -> None:
    audit = "projects/p/locations/l/keyRings/cell/cryptoKeys/audit"
    case = (_topic("a", audit), _topic("b", audit))
    assert verdicts("tenants-share-no-key", *case) == {Verdict.NOT_APPLICABLE}


def test_sites_of_one_tenant_may_share() -> None:
    first, second, other = _account("a", "a"), _account("a", "a"), _account("b", "b")
    second = Case(second.resources, second.settings, "a-2")
    assert verdicts("tenants-share-no-identity", first, second, other) == {Verdict.PASSED}


def test_a_grant_to_another_tenants_account_is_found() -> None:
    email = "serviceAccount:a@p.iam.gserviceaccount.com"
    account = ("gcp:serviceaccount/account:Account", {"email": email[15:], "member": email, "id": "x"})
    grant = ("gcp:storage/bucketIAMMember:BucketIAMMember", {"bucket": "b", "member": email})
    assert Verdict.FAILED in verdicts("tenants-share-no-identity", _tenant("a", account), _tenant("b", grant))


def test_a_resource_without_an_id_is_unproven() -> None:
    topic = ("gcp:pubsub/topic:Topic", {"name": "t"})
    assert verdicts("tenants-share-no-topic", _tenant("a", topic), _tenant("b")) == {Verdict.UNPROVEN}
    user = ("gcp:sql/user:User", {"instance": UNKNOWN, "name": "a"})
    assert verdicts("tenants-share-no-database-role", _tenant("a", user), _tenant("b")) == {Verdict.UNPROVEN}


def test_one_stack_twice_is_refused() -> None:
    with pytest.raises(StateError, match="given twice"):
        Estate((_tenant("a").build(), _tenant("a").build()))


def findings(rule: str, *cases: Case) -> list[Finding]:
    judged = judge_together(Estate(tuple(case.build() for case in cases)), Waivers())
    return [finding for finding in judged if finding.rule == rule]


def test_a_shared_key_is_one_finding() -> None:
    key = "projects/p/locations/l/keyRings/a/cryptoKeys/clinical"
    many = _tenant(
        "b", *((TOPIC, {"id": f"t{n}", "kmsKeyName": f"{key}{'/cryptoKeyVersions/1' * n}"}) for n in (0, 1))
    )
    (found,) = findings("tenants-share-no-key", _topic("a", key), many)
    assert (found.verdict, found.path, found.seen) == (Verdict.FAILED, "kmsKeyName", repr(key))
    assert found.message.startswith(f"kmsKeyName is '{key}', which tenant a uses too. ")


def test_a_key_called_almost_like_the_audit_key_is_compared() -> None:
    key = "projects/p/locations/l/keyRings/cell/cryptoKeys/auditors"
    assert Verdict.FAILED in verdicts("tenants-share-no-key", _topic("a", key), _topic("b", key))


@pytest.mark.parametrize("odd", [WIRE_SECRET, SECRET, [WIRE_SECRET], ["x"], {"a": {"b": WIRE_SECRET}}])
def test_odd_and_secret_values_are_compared_with_nothing_and_not_printed(odd: object) -> None:
    def tenant(name: str) -> Case:
        user = ("gcp:sql/user:User", {"instance": "i", "name": odd})
        bridge = ("gcp:accesscontextmanager/servicePerimeter:ServicePerimeter", {"perimeterType": odd})
        return _tenant(name, user, bridge, locations=[odd])

    for rule in ("tenants-share-no-database-role", "tenants-share-no-bridge", "tenant-inside-jurisdiction"):
        found = findings(rule, tenant("a"), tenant("b"))
        assert {each.verdict for each in found} == {Verdict.UNPROVEN}, rule
        assert "ciphertext" not in str(found)
