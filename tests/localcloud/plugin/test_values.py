"""Pulumi's wire values and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from localcloud.plugin.values import SIGNATURE, UNKNOWN, existing, has_unknown, plain, struct

_SCALARS = st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text() | st.just(UNKNOWN)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)


@given(st.dictionaries(st.text(min_size=1), _VALUES))
def test_values_survive_the_wire(values: dict[str, object]) -> None:
    assert plain(struct(values))[0] == values


def test_secrets_are_found_and_wrapped_again_where_they_were() -> None:
    values = {"template": {"containers": [{"env": "s3cret"}]}, "password": "p"}
    secrets = {("template", "containers", 0, "env"), ("password",)}
    wire = struct(values, secrets)
    assert wire["password"][SIGNATURE]
    assert plain(wire) == (values, secrets)


def test_a_secret_whose_place_is_gone_covers_what_is_left_of_its_path() -> None:
    assert existing({("template", "containers", 3, "env")}, {"template": {"containers": []}}) == {
        ("template", "containers")
    }
    assert existing({("password",)}, {}) == set()


def test_unknowns_are_seen_at_any_depth() -> None:
    assert has_unknown({"a": [{"b": UNKNOWN}]})
    assert not has_unknown({"a": [{"b": None}]})
