"""Owners of processes are told of keys and faults, and begin nothing for it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from localcloud import cmek, faults
from localcloud.run import manager
from localcloud.sql import fleet
from tests.localcloud.harness import PROJECT, make_cloud

KEY = f"projects/{PROJECT}/locations/europe-west3/keyRings/r/cryptoKeys/k"


@pytest.mark.parametrize("kind", ["instance-killed", "network-cut", "region-down", "key-disabled"])
def test_a_fault_where_nothing_runs_begins_nothing(tmp_path: Path, kind: str) -> None:
    cloud, before = make_cloud(tmp_path), threading.active_count()
    faults.tell_owners(cloud, kind, KEY if kind == "key-disabled" else "europe-west3", {})
    assert fleet.existing(cloud) is None and manager.existing(cloud) is None
    assert threading.active_count() <= before


def test_a_changed_key_where_nothing_runs_begins_nothing(tmp_path: Path) -> None:
    cloud = make_cloud(tmp_path)
    cmek.announce(cloud, KEY)
    assert fleet.existing(cloud) is None and manager.existing(cloud) is None
