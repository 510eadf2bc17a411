"""The access review names everybody who holds a role, and no spreadsheet runs what a name says."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from policies.evidence.access import Grant, as_csv, as_json, review
from policies.state import parse
from tests.policies.state_example import SECRET, exported

MEMBER = "gcp:storage/bucketIAMMember:BucketIAMMember"


def granted(token: str, properties: dict[str, Any]) -> list[tuple[str, str, str]]:
    state = parse(exported((token, "g", properties)), "x")
    return [(grant.on, grant.role, grant.member) for grant in review([state])]


def test_a_member_on_what_its_id_says() -> None:
    given = {"bucket": "b/docs", "role": "roles/storage.objectUser", "member": "user:a@x"}
    assert granted(MEMBER, given) == [("b/docs", "roles/storage.objectUser", "user:a@x")]


def test_the_id_says_on_what_where_there_is_one() -> None:
    raw = json.loads(exported((MEMBER, "g", {"role": "organizations/1/roles/r", "member": "user:a@x"})))
    raw["deployment"]["resources"][1]["id"] = "projects/p/topics/t/organizations/1/roles/r/user:a@x"
    (grant,) = review([parse(json.dumps(raw).encode(), "x")])
    assert grant.on == "projects/p/topics/t"


def test_a_binding_and_a_policy_name_each_member() -> None:
    binding = {"project": "p", "role": "roles/viewer", "members": ["group:a@x", "user:b@x"]}
    assert [m for *_, m in granted("gcp:projects/iAMBinding:IAMBinding", binding)] == [
        "group:a@x",
        "user:b@x",
    ]
    policy = {"bindings": [{"role": "roles/owner", "members": ["user:c@x"]}]}
    given = {"project": "p", "policyData": json.dumps(policy)}
    assert granted("gcp:projects/iAMPolicy:IAMPolicy", given) == [("p", "roles/owner", "user:c@x")]


def test_database_users_and_entitlements_are_access_too() -> None:
    user = {"project": "p", "instance": "i", "name": "sql-admin", "type": "BUILT_IN", "password": SECRET}
    assert granted("gcp:sql/user:User", user) == [("p/i", "database user (BUILT_IN)", "sql-admin")]
    entitlement = {
        "eligibleUsers": [{"principals": ["group:oncall@x"]}],
        "privilegedAccess": {"gcpIamAccess": {"roleBindings": [{"role": "roles/editor"}]}},
    }
    (found,) = granted("gcp:privilegedaccessmanager/entitlement:entitlement", entitlement)
    assert found[1:] == ("roles/editor (on request)", "group:oncall@x")


UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@pytest.mark.parametrize(
    ("roles", "principals", "expected"),
    [
        ([{"role": UNKNOWN}], ["group:a@x"], ("[unknown] (on request)", "group:a@x")),
        (UNKNOWN, ["group:a@x"], ("[unknown] (on request)", "group:a@x")),
        ([{"role": "roles/editor"}], UNKNOWN, ("roles/editor (on request)", "[unknown]")),
        ([{"role": SECRET}], ["group:a@x"], ("[secret] (on request)", "group:a@x")),
        ([{}], ["group:a@x"], ("? (on request)", "group:a@x")),
    ],
)
def test_what_is_unknown_of_an_entitlement_is_said_so(
    roles: Any, principals: Any, expected: tuple[str, str]
) -> None:
    given = {
        "eligibleUsers": [{"principals": principals}],
        "privilegedAccess": {"gcpIamAccess": {"roleBindings": roles}},
    }
    (found,) = granted("gcp:privilegedaccessmanager/entitlement:entitlement", given)
    assert found[1:] == expected


def test_a_condition_is_said() -> None:
    given = {"bucket": "b", "role": "r", "member": "m", "condition": {"title": "t", "expression": "now < x"}}
    (grant,) = review([parse(exported((MEMBER, "g", given)), "x")])
    assert grant.condition == "now < x"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"role": SECRET, "member": SECRET},
        {"role": ["r"], "member": {"a": 1}, "condition": "c"},
        {"role": None, "member": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"},
    ],
)
def test_odd_values_neither_crash_nor_show_a_secret(given: dict[str, Any]) -> None:
    for token in (MEMBER, "gcp:projects/iAMBinding:IAMBinding", "gcp:projects/iAMPolicy:IAMPolicy"):
        text = as_json(
            review([parse(exported((token, "g", {**given, "policyData": '{"bindings": 3}'})), "x")])
        )
        assert "v1:abc" not in text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    hostile = f'{start}HYPERLINK("http://x","y")'
    text = as_csv([Grant("s", "o", "r", hostile, "", "t", hostile)])
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == list(Grant._fields)
    assert rows[1][3] == f"'{hostile}"
    assert rows[1][6] == f"'{hostile}"


def test_the_same_grant_of_two_states_is_there_once() -> None:
    state = parse(exported((MEMBER, "g", {"bucket": "b", "role": "r", "member": "m"})), "x")
    assert len(review([state, state])) == 1
