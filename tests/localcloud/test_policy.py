"""IAM policies: etags, ancestors, conditions, custom roles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localcloud import projects
from localcloud.api import ApiError, Caller
from localcloud.cloud import Cloud
from tests.localcloud.harness import PROJECT, call, make_cloud, request

RING = f"projects/{PROJECT}/locations/europe-west3/keyRings/ring"
RINGS = "cloudkms.projects.locations.keyRings"
ALICE = Caller("user:alice@example.org")
VIEWER = {"bindings": [{"role": "roles/cloudkms.viewer", "members": [ALICE.member]}]}


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    cloud = make_cloud(tmp_path)
    call(
        cloud,
        f"{RINGS}.create",
        f"projects/{PROJECT}/locations/europe-west3/keyRings",
        {},
        query={"keyRingId": "ring"},
    )
    return cloud


def set_policy(cloud: Cloud, policy: dict[str, Any]) -> Any:
    return call(cloud, f"{RINGS}.setIamPolicy", RING, {"policy": policy})


def test_a_policy_that_was_never_set_has_version_and_etag(cloud: Cloud) -> None:
    assert set(call(cloud, f"{RINGS}.getIamPolicy", RING)) == {"version", "etag"}


def test_a_missing_resource_has_no_policy(cloud: Cloud) -> None:
    with pytest.raises(ApiError) as caught:
        call(cloud, f"{RINGS}.getIamPolicy", f"{RING}-missing")
    assert caught.value.code == 404


BINDINGS = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["roles/cloudkms.viewer", "roles/cloudkms.admin"]),
            "members": st.lists(
                st.sampled_from(["user:a@b.c", "allUsers"]), min_size=1, max_size=2, unique=True
            ),
        }
    ),
    max_size=2,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(BINDINGS, st.booleans()), min_size=1, max_size=6))
def test_only_the_current_etag_writes_and_every_write_rotates_it(
    cloud: Cloud, writes: list[tuple[list[dict[str, Any]], bool]]
) -> None:
    seen = [call(cloud, f"{RINGS}.getIamPolicy", RING)["etag"]]
    for bindings, stale in writes:
        if stale and len(seen) > 1:
            with pytest.raises(ApiError) as caught:
                set_policy(cloud, {"bindings": bindings, "etag": seen[-2]})
            assert (caught.value.code, caught.value.status) == (409, "ABORTED")
            continue
        answered = set_policy(cloud, {"bindings": bindings, "etag": seen[-1]})
        assert answered["etag"] not in seen
        assert answered.get("bindings", []) == bindings
        assert call(cloud, f"{RINGS}.getIamPolicy", RING) == answered
        seen.append(answered["etag"])


@pytest.mark.parametrize(
    "policy",
    [
        {"bindings": [{"role": "roles/x y", "members": ["user:a@b.c"]}]},
        {"bindings": [{"role": "roles/viewer", "members": ["alice"]}]},
        {"bindings": [{"role": f"projects/{PROJECT}/roles/missing", "members": ["user:a@b.c"]}]},
    ],
)
def test_a_policy_that_google_refuses_is_400(cloud: Cloud, policy: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        set_policy(cloud, policy)
    assert caught.value.code == 400


@pytest.mark.parametrize("level", [RING, f"projects/{PROJECT}", "organizations/111"])
def test_a_binding_on_the_resource_or_above_grants(cloud: Cloud, level: str) -> None:
    assert request(cloud, "cloudkms", "GET", f"/v1/{RING}", caller=ALICE).status == 403
    cloud.store.set_policy("cloudkms" if level == RING else projects.API, level, VIEWER)
    assert request(cloud, "cloudkms", "GET", f"/v1/{RING}", caller=ALICE).status == 200


def test_a_binding_on_another_ring_does_not_grant(cloud: Cloud) -> None:
    cloud.store.set_policy("cloudkms", f"{RING}2", VIEWER)
    assert not cloud.iam.allows(ALICE, "cloudkms.keyRings.get", "cloudkms", RING)


@pytest.mark.parametrize(
    ("expression", "granted"),
    [
        (f'resource.name.startsWith("{RING}")', True),
        ('resource.name.startsWith("projects/other")', False),
        ('resource.name.endsWith("/keyRings/ring")', True),
        (f'resource.service == "cloudkms.googleapis.com" && resource.name == "{RING}"', True),
        (f'resource.service == "sqladmin.googleapis.com" && resource.name == "{RING}"', False),
        ('resource.name.endsWith("/keyRings/other")', False),
        ('request.time < timestamp("2999-01-01T00:00:00Z")', True),
        ('request.time < timestamp("2000-01-01T00:00:00Z")', False),
        (f'request.time > timestamp("2000-01-01T00:00:00Z") && resource.name == "{RING}"', True),
        ("anything.else == 1", False),
    ],
)
def test_conditions(cloud: Cloud, expression: str, granted: bool) -> None:
    binding = {**VIEWER["bindings"][0], "condition": {"title": "t", "expression": expression}}
    cloud.store.set_policy("cloudkms", RING, {"bindings": [binding], "version": 3})
    assert cloud.iam.allows(ALICE, "cloudkms.keyRings.get", "cloudkms", RING) is granted


def test_a_custom_role_grants_what_it_lists_until_it_is_deleted(cloud: Cloud) -> None:
    role = {"roleId": "reader", "role": {"includedPermissions": ["cloudkms.keyRings.get"]}}
    name = call(cloud, "iam.projects.roles.create", f"projects/{PROJECT}/roles", role)["name"]
    set_policy(cloud, {"bindings": [{"role": name, "members": [ALICE.member]}]})
    assert cloud.iam.allows(ALICE, "cloudkms.keyRings.get", "cloudkms", RING)
    assert not cloud.iam.allows(ALICE, "cloudkms.keyRings.list", "cloudkms", RING)
    call(cloud, "iam.projects.roles.delete", name)
    assert not cloud.iam.allows(ALICE, "cloudkms.keyRings.get", "cloudkms", RING)
