"""The boundary: databases have no public address."""

from __future__ import annotations

from collections.abc import Iterator

from policies.resource import Resource
from policies.rule import Problem, rule
from policies.rules.controls import BOUNDARY, with_cis
from policies.stack import Stack

_PATH = "settings.ipConfiguration.ipv4Enabled"


@rule(
    id="sql-no-public-ip",
    number=41,
    title="Cloud SQL instances have no public IP address",
    remedy="Set settings.ipConfiguration.ipv4Enabled to false and name a private network.",
    severity="critical",
    types=("gcp:sql/databaseInstance:DatabaseInstance",),
    controls=with_cis(BOUNDARY, "6.6"),
    fails={"settings": {"ipConfiguration": {"ipv4Enabled": True}}},
    passes={"settings": {"ipConfiguration": {"ipv4Enabled": False}}},
)
def sql_no_public_ip(resource: Resource, stack: Stack) -> Iterator[Problem]:
    # Absent is a failure: Cloud SQL's own default is a public address.
    if resource.at(_PATH) is not False:
        yield Problem(_PATH, resource.at(_PATH))
