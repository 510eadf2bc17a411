"""Properties to Google's JSON and back."""

from __future__ import annotations

from typing import Any

from localcloud.plugin import wire
from localcloud.plugin.catalogue import kind_of, names_of

FIREWALL = "gcp:compute/firewall:Firewall"
BUCKET = "gcp:storage/bucket:Bucket"
SERVICE = "gcp:cloudrunv2/service:Service"


def encoded(token: str, values: dict[str, Any], **more: Any) -> Any:
    return wire.encode(kind_of(token), names_of(token).inputs, values, **more)


def decoded(token: str, answer: dict[str, Any]) -> Any:
    return wire.decode(kind_of(token), names_of(token).all, answer)


def test_properties_get_googles_names() -> None:
    denies = [{"protocol": "tcp", "ports": ["22"]}]
    body = encoded(FIREWALL, {"name": "f", "network": "n", "denies": denies, "priority": 1})
    assert body == {
        "name": "f",
        "network": "n",
        "denied": [{"IPProtocol": "tcp", "ports": ["22"]}],
        "priority": 1,
    }
    assert decoded(FIREWALL, body)["denies"] == denies


def test_what_is_empty_is_not_sent() -> None:
    body = encoded(
        SERVICE, {"description": "", "template": {"containers": [{"image": "i", "args": [], "envs": []}]}}
    )
    assert body == {"template": {"containers": [{"image": "i"}]}}


def test_nested_paths_are_folded_and_unfolded() -> None:
    body = encoded(BUCKET, {"name": "b", "location": "EU", "uniformBucketLevelAccess": True})
    assert body["iamConfiguration"] == {"uniformBucketLevelAccess": {"enabled": True}}
    assert decoded(BUCKET, body)["uniformBucketLevelAccess"] is True


def test_an_update_leaves_out_what_cannot_change() -> None:
    body = encoded(BUCKET, {"name": "b", "location": "EU", "storageClass": "NEARLINE"}, update=True)
    assert body == {"storageClass": "NEARLINE"}


def test_integers_that_google_writes_as_text_are_numbers() -> None:
    assert decoded("gcp:compute/network:Network", {"mtu": "1460"})["mtu"] == 1460


def test_what_google_does_not_mention_is_the_zero_of_its_kind() -> None:
    found = decoded(SERVICE, {"template": {"containers": [{"image": "i"}]}})
    container = found["template"]["containers"][0]
    assert (container["name"], container["args"], container["envs"], container["ports"]) == (
        "",
        None,
        [],
        None,
    )


def test_a_list_of_one_at_google_is_its_item_here() -> None:
    policy = "gcp:accesscontextmanager/accessPolicy:AccessPolicy"
    body = encoded(policy, {"parent": "organizations/1", "title": "t", "scopes": "folders/2"})
    assert body["scopes"] == ["folders/2"]
    assert decoded(policy, body)["scopes"] == "folders/2"
