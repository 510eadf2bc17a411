"""Every row of the tables has names, and says nothing that the names do not know."""

from __future__ import annotations

import re

import pytest

from localcloud.plugin.catalogue import Property, Tree, UnknownType, kind_of, names_of, provider_keys, tokens


@pytest.mark.parametrize("token", tokens())
def test_every_path_that_a_row_mentions_exists(token: str) -> None:
    kind, tree = kind_of(token), names_of(token).all
    mentioned = {*kind.fields, *kind.defaults, *kind.replace, *kind.computed, *kind.equal}
    assert sorted(path for path in mentioned if not _exists(tree, path.split("."))) == []


@pytest.mark.parametrize("token", tokens())
def test_every_parameter_of_an_address_is_a_property(token: str) -> None:
    kind, tree = kind_of(token), names_of(token).all
    templates = [kind.path, kind.collection, kind.id, *kind.create_query.values()]
    used = {name for template in templates for name in re.findall(r"{(\w+)", template)}
    # What Google names itself may have no property of that name (dashboards).
    assert sorted(used - tree.keys() - {"name"}) == []


def test_an_unknown_type_is_named_with_the_nearest_known_one() -> None:
    with pytest.raises(
        UnknownType,
        match=r"gcp:kms/keyRings:KeyRing is not supported .* did you mean gcp:kms/keyRing:KeyRing",
    ):
        kind_of("gcp:kms/keyRings:KeyRing")
    with pytest.raises(UnknownType, match="gcp:alloydb/cluster:Cluster is not supported"):
        kind_of("gcp:alloydb/cluster:Cluster")


def test_the_providers_own_keys_include_every_endpoint() -> None:
    assert {"project", "region", "kmsCustomEndpoint", "cloudRunV2CustomEndpoint"} <= provider_keys()


def _exists(tree: Tree, path: list[str]) -> bool:
    prop: Property | None = tree.get(path[0])
    if prop is None or len(path) == 1:
        return prop is not None
    return prop.tree is not None and _exists(prop.tree, path[1:])
