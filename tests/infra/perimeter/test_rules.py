from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.errors import ConfigError
from infra.perimeter.rules import EgressRule, IngressRule, Operation

ALL = Operation("*")
READ = Operation("storage.googleapis.com", ("google.storage.objects.get",), ("storage.objects.get",))
LEVEL = "accessPolicies/12/accessLevels/clinic"
LABORATORY = ("serviceAccount:l@lab.iam.gserviceaccount.com",)


def test_ingress_by_identity_and_origin() -> None:
    rule = IngressRule("lab", (READ,), ("projects/1",), LABORATORY, None, (LEVEL,), ("projects/9",))
    assert rule.described() == {
        "title": "lab",
        "ingress_from": {
            "identities": list(LABORATORY),
            "sources": [{"access_level": LEVEL}, {"resource": "projects/9"}],
        },
        "ingress_to": {
            "operations": [
                {
                    "service_name": "storage.googleapis.com",
                    "method_selectors": [
                        {"method": "google.storage.objects.get"},
                        {"permission": "storage.objects.get"},
                    ],
                }
            ],
            "resources": ["projects/1"],
        },
    }


def test_egress_is_restricted_to_its_sources() -> None:
    bare = EgressRule("out", (READ,), ("projects/7",), LABORATORY).described()
    assert bare["egress_from"] == {"identities": list(LABORATORY)}
    bound = EgressRule("out", (READ,), ("projects/7",), LABORATORY, projects=("projects/1",)).described()
    assert bound["egress_from"]["sources"] == [{"resource": "projects/1"}]
    assert bound["egress_from"]["source_restriction"] == "SOURCE_RESTRICTION_ENABLED"


def test_everything_for_one_named_identity() -> None:
    rule = IngressRule("lab", (ALL,), ("*",), LABORATORY, access_levels=(LEVEL,))
    assert rule.described()["ingress_to"] == {"operations": [{"service_name": "*"}], "resources": ["*"]}


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Operation("storage"), "service: 'storage' is not allowed"),
        (lambda: Operation("storage.googleapis.com"), "methods: nothing was given"),
        (lambda: Operation("*", ("x",)), r"none with service '\*'"),
        (
            lambda: IngressRule("r", (ALL,), ("*",), identity_type="ANY_IDENTITY", access_levels=(LEVEL,)),
            r"identity_type: 'ANY_IDENTITY' is not allowed; allowed: named identities with service '\*'",
        ),
        (
            lambda: EgressRule("r", (ALL,), ("projects/7",), identity_type="ANY_IDENTITY"),
            r"named identities with service '\*'",
        ),
        (
            lambda: IngressRule("r", (READ,), ("*",), identity_type="ANY_IDENTITY", access_levels=("*",)),
            "a named access level with ANY_IDENTITY",
        ),
        (
            lambda: EgressRule("r", (READ,), ("*",), identity_type="ANY_IDENTITY"),
            "projects/N with ANY_IDENTITY",
        ),
        (
            lambda: EgressRule("r", (READ,), ("projects/7",), LABORATORY, access_levels=("*",)),
            "named access levels",
        ),
        (
            lambda: IngressRule("r", (READ,), ("*",), LABORATORY),
            "r: access_levels: nothing was given; allowed: access levels or projects of origin",
        ),
        (
            lambda: IngressRule("r", (READ,), ("*",), LABORATORY, "ANY_IDENTITY", (LEVEL,)),
            "either identities or one",
        ),
        (lambda: IngressRule("r", (READ,), ("*",), access_levels=(LEVEL,)), "either identities or one"),
        (
            lambda: IngressRule("r", (READ,), ("*",), identity_type="ANYONE", access_levels=(LEVEL,)),
            "ANY_IDENTITY, ANY_SERVICE_ACCOUNT, ANY_USER_ACCOUNT",
        ),
        (lambda: EgressRule("r", (READ,), ("projects/7",), ("l@lab",)), "r: identities: 'l@lab'"),
        (lambda: EgressRule("r", (READ,), ("lab",), LABORATORY), "r: targets: 'lab'"),
        (
            lambda: EgressRule("r", (READ,), ("projects/7",), LABORATORY, projects=("lab",)),
            "r: projects: 'lab'",
        ),
        (lambda: EgressRule("r", (), ("projects/7",), LABORATORY), "r: operations: nothing was given"),
        (lambda: EgressRule("r", (READ,), (), LABORATORY), "r: targets: nothing was given"),
        (lambda: EgressRule("", (READ,), ("projects/7",), LABORATORY), "title"),
    ],
)
def test_refused(make: Callable[[], object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        make()
