"""The state: against a dictionary, and across a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.store import Store, split_name

NAMES = st.lists(st.sampled_from(["a", "b", "a0", "a-"]), min_size=2, max_size=6).map("/".join)
BODIES = st.dictionaries(
    st.text(max_size=3), st.one_of(st.none(), st.integers(), st.text(max_size=5)), max_size=3
)
STEPS = st.lists(st.tuples(st.sampled_from(["put", "delete"]), NAMES, BODIES), max_size=12)


@settings(max_examples=60)
@given(STEPS)
def test_it_behaves_as_a_dictionary_in_which_deleting_takes_children_along(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, dict[str, object]]]
) -> None:
    store, model = Store(tmp_path_factory.mktemp("store") / "state"), {}
    for action, name, body in steps:
        if action == "put":
            store.put("x", name, body)
            model[name] = body
        else:
            assert store.delete("x", name) is (name in model)
            model = {
                key: value for key, value in model.items() if key != name and not key.startswith(f"{name}/")
            }
    assert store.names("x") == sorted(model)
    for name in model:
        assert store.get("x", name) == model[name]
        parent, collection = split_name(name)
        assert model[name] in store.list("x", parent, collection)
    store.close()


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")
    with pytest.raises(ValueError, match="stop"), store.transaction():
        store.put("x", "a/b", {})
        raise ValueError("stop")
    assert store.get("x", "a/b") is None


def test_another_opening_sees_what_was_written_without_a_close(tmp_path: Path) -> None:
    Store(tmp_path / "state").put("x", "a/b", {"kept": True})
    assert Store(tmp_path / "state").get("x", "a/b") == {"kept": True}


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    Store(tmp_path / "state")
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
