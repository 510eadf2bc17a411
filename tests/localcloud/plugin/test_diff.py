"""What counts as a change, and which changes need a new resource."""

from __future__ import annotations

from typing import Any

from localcloud.plugin.catalogue import kind_of
from localcloud.plugin.diff import changes
from localcloud.plugin.values import UNKNOWN

SQL = "gcp:sql/databaseInstance:DatabaseInstance"
NETWORK = "gcp:compute/network:Network"
ARMOR = "gcp:compute/securityPolicy:SecurityPolicy"


def diffed(token: str, old: Any, new: Any, outputs: Any = None) -> dict[str, tuple[str, bool]]:
    found = changes(kind_of(token), old, new, old if outputs is None else outputs)
    return {change.path: (change.kind, change.replaces) for change in found}


def test_paths_name_the_deepest_property() -> None:
    old = {"settings": {"tier": "a", "databaseFlags": [{"name": "x", "value": "on"}]}}
    new = {"settings": {"tier": "b", "databaseFlags": [{"name": "x", "value": "off"}]}}
    assert diffed(SQL, old, new) == {
        "settings.tier": ("update", False),
        "settings.databaseFlags[0].value": ("update", False),
    }


def test_what_the_address_is_made_of_needs_a_new_resource() -> None:
    assert diffed(NETWORK, {"name": "a"}, {"name": "b"}) == {"name": ("update", True)}
    assert diffed(SQL, {"settings": {"timeZone": "a"}}, {"settings": {"timeZone": "b"}}) == {
        "settings.timeZone": ("update", True)
    }


def test_keys_that_are_no_names_are_quoted() -> None:
    old, new = {"labels": {"a.b/c": "1"}}, {"labels": {"a.b/c": "2"}}
    assert list(diffed("gcp:pubsub/topic:Topic", old, new)) == ['labels["a.b/c"]']


def test_what_google_chose_is_no_change_when_the_program_says_nothing() -> None:
    assert diffed(NETWORK, {"mtu": 1460}, {}) == {}
    assert diffed(SQL, {"settings": {"tier": "t", "diskSize": 10}}, {"settings": {"tier": "t"}}) == {}


def test_saying_what_is_already_so_is_no_change() -> None:
    assert diffed(NETWORK, {}, {"mtu": 1460}, {"mtu": 1460}) == {}
    assert diffed(NETWORK, {}, {"description": ""}, {"description": ""}) == {}
    assert diffed(NETWORK, {}, {"mtu": 1500}, {"mtu": 1460}) == {"mtu": ("add", True)}


def test_null_and_an_empty_list_are_nothing() -> None:
    assert diffed("gcp:pubsub/subscription:Subscription", {}, {"messageTransforms": [], "filter": None}) == {}


def test_a_network_by_name_or_by_path_is_the_same() -> None:
    long = "https://www.googleapis.com/compute/v1/projects/p/global/networks/cell"
    assert diffed("gcp:compute/firewall:Firewall", {"network": long}, {"network": "cell"}) == {}
    assert diffed("gcp:compute/firewall:Firewall", {"network": long}, {"network": "cell2"}) != {}


def test_sets_have_no_order() -> None:
    rules = [{"action": "allow", "priority": 1}, {"action": "deny(403)", "priority": 2}]
    assert diffed(ARMOR, {"rules": rules}, {"rules": rules[::-1]}) == {}
    assert diffed(ARMOR, {"rules": rules}, {"rules": rules[:1]}) == {"rules[1]": ("delete", False)}


def test_a_value_not_known_yet_is_a_change() -> None:
    assert diffed(SQL, {"encryptionKeyName": "k"}, {"encryptionKeyName": UNKNOWN}) == {
        "encryptionKeyName": ("update", True)
    }


def test_a_flag_and_a_number_are_not_the_same() -> None:
    assert diffed(SQL, {"deletionProtection": True}, {"deletionProtection": 1}, {}) != {}
