"""IAM resources: their tokens, and grants in all three forms."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from policies.resource import Properties, Resource, UnknownValue
from policies.rule import RULES
from policies.rules import iam

_SDK = Path((find_spec("pulumi_gcp") or pytest.fail("no SDK")).origin or "").parent


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_rules_name_types_that_the_sdk_has(rule: object) -> None:
    registered = (_SDK / "__init__.py").read_text()
    types = [token for token in getattr(rule, "types") if not token.endswith("*")]  # noqa: B009
    missing = [each for each in types if each.startswith("gcp:") and f'"{each}"' not in registered]
    assert missing == []


def resource(type: str, **properties: object) -> Resource:
    return Resource(type, "urn", "r", Properties(properties))


def test_the_three_forms_say_the_same() -> None:
    member, binding, policy = iam.iam_types("pubsub", "Topic", "IAM")
    granted = {"bindings": [{"role": "roles/pubsub.publisher", "members": ["group:a@example.org"]}]}
    forms = (
        resource(member, role="roles/pubsub.publisher", member="group:a@example.org"),
        resource(binding, role="roles/pubsub.publisher", members=["group:a@example.org"]),
        resource(policy, policyData=json.dumps(granted)),
    )
    found = [[(each.role, each.member) for each in iam.grants(form)] for form in forms]
    assert found == [[("roles/pubsub.publisher", "group:a@example.org")]] * 3
    assert [[role for _, role in iam.roles(form)] for form in forms] == [["roles/pubsub.publisher"]] * 3
    assert [next(iam.grants(form)).member_path for form in forms] == [
        "member",
        "members[0]",
        "policyData.bindings[0].members[0]",
    ]


@pytest.mark.parametrize("document", ["{", "[]", '"x"', '{"bindings": 5}', '{"bindings": [5]}'])
def test_a_policy_that_cannot_be_read_is_not_guessed(document: str) -> None:
    with pytest.raises(UnknownValue):
        list(iam.grants(resource(iam.ABOVE[2], policyData=document)))
