"""Whatever valid tenants stand in a cell, they share nothing, and all of theirs lies in the jurisdiction."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from infra import config, stack
from infra.config import CellConfig
from infra.jurisdiction import jurisdiction
from tests.infra.engine import STACKS, Declared, Edited, declare, declare_place, declare_stack
from tests.infra.test_residency import located

NAMES = st.from_regex(r"[a-z]([a-z0-9]{0,8}(-[a-z0-9]{1,8})?)", fullmatch=True).filter(
    lambda name: name != "cell" and not name.endswith(("-2", "-next"))
)
TENANTS = st.lists(
    st.fixed_dictionaries(
        {
            "tenant": NAMES,
            "placement": st.sampled_from(["dedicated", "pooled"]),
            "active": st.sampled_from(["true", "false"]),
            "imaging": st.sampled_from(["true", "false"]),
            "minInstances": st.sampled_from([None, "0", "3"]),
            "domain": st.sampled_from([None, "ehr.example.org"]),
        }
    ),
    min_size=2,
    max_size=3,
    unique_by=lambda tenant: tenant["tenant"],
)


class Tenant(Edited):
    """A pooled tenant's committed file under another name."""

    def __init__(self, given: dict[str, Any]) -> None:
        project = f"careplane-{given['tenant']}" if given["placement"] == "dedicated" else "careplane-cell"
        changes = {f"careplane:{key}": value for key, value in given.items()}
        super().__init__(STACKS / "Pulumi.local-tenant-lakeside.yaml", {**changes, "gcp:project": project})
        self.stack = f"local-tenant-{given['tenant']}"


@pytest.fixture(scope="module")
def upstream() -> dict[str, dict[str, Any]]:
    declared = declare_place(("organization", "foundation"))
    return {name: each.outputs for name, each in declared.items()}


def owned(tenant: Declared) -> set[tuple[str, str]]:
    """Identities of all that is the tenant's own: what no other may have, or hold a role on."""
    kinds = {
        "CryptoKey": ("keyRing", "name"),
        "pubsub/topic:Topic": ("project", "name"),
        "Subscription": ("project", "name"),
        "Bucket": ("name",),
        "secretmanager/secret:Secret": ("project", "secretId"),
        "serviceaccount/account:Account": ("project", "accountId"),
        "sql/database:Database": ("project", "instance", "name"),
        "sql/databaseInstance:DatabaseInstance": ("project", "name"),
        "FhirStore": ("dataset", "name"),
        "Hl7Store": ("dataset", "name"),
        "cloudrunv2/service:Service": ("project", "name"),
    }
    return {
        (kind, "/".join(str(each.inputs.get(part)) for part in parts))
        for kind, parts in kinds.items()
        for each in tenant.of(kind)
    }


@settings(
    max_examples=8,
    deadline=None,
    # Without the phase that explains a failure: it traces every line of the SDK, and takes minutes.
    phases=[phase for phase in Phase if phase is not Phase.explain],
)
@given(tenants=TENANTS)
def test_tenants_share_nothing(upstream: dict[str, dict[str, Any]], tenants: list[dict[str, Any]]) -> None:
    dedicated = [each["tenant"] for each in tenants if each["placement"] == "dedicated"]
    cell = declare_stack("local-cell", upstream, {"careplane:dedicatedTenants": dedicated})
    known = {**upstream, "local-cell": cell.outputs}
    declared = {}
    for each in tenants:
        source = Tenant(each)
        built = config.load(source)
        assert not isinstance(built, CellConfig)
        declared[each["tenant"]] = declare(lambda built=built: stack.build(built), source.stack, known)
    area = jurisdiction("eu")
    for name, one in declared.items():
        mine = owned(one)
        for other, two in declared.items():
            if other != name:
                assert not mine & owned(two), (name, other)
                account = two.outputs["serviceAccount"]
                assert account not in str([each.inputs for each in one.resources]), (name, other)
        for resource in one.resources:
            for key, location in located(resource.inputs):
                assert location.lower() in (*area.locations, "global"), (resource.name, key)
