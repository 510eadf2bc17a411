"""The committed table of names is what its sources say."""

from __future__ import annotations

from pathlib import Path

from localcloud.plugin import catalogue, derive_names
from tests.shared_data import shared


def test_the_committed_names_are_the_derived_ones() -> None:
    committed = Path(catalogue.__file__).with_name("names.json").read_text()
    derived = derive_names.derived(shared("gcp/bridge-metadata.json"))
    assert derived == committed, "run python -m localcloud.plugin.derive_names <bridge-metadata.json>"


def test_the_table_says_where_it_comes_from() -> None:
    text = Path(catalogue.__file__).with_name("names.json").read_text()
    assert '"licence": "Apache-2.0"' in text
    assert "https://github.com/pulumi/pulumi-gcp" in text
