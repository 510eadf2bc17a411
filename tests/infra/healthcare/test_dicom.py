from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ConfigError
from infra.healthcare.dicom import DicomStore, DicomStoreArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = DicomStoreArgs(SITE, "projects/p/locations/europe-west3/datasets/d", "images", "topic")


def test_notifies_streams_and_is_protected() -> None:
    args = replace(ARGS, tables=("bq://p.d.images",), bulk_imports_notify=True)
    store = declare(lambda: DicomStore("i", args) and None).one("DicomStore")
    assert store.protect and not store.retained
    assert store.inputs["notificationConfig"] == {"pubsubTopic": "topic", "sendForBulkImport": True}
    assert store.inputs["streamConfigs"] == [{"bigqueryDestination": {"tableUri": "bq://p.d.images"}}]
    assert store.inputs["labels"] == {"tenant": "riverside"}


def test_nothing_is_sent_anywhere_unless_asked_for() -> None:
    inputs = declare(lambda: DicomStore("i", replace(ARGS, topic=None)) and None).one("DicomStore").inputs
    assert not {"notificationConfig", "streamConfigs"} & inputs.keys()


def test_a_dataset_is_no_table() -> None:
    with pytest.raises(ConfigError, match=r"bq://PROJECT\.DATASET\.TABLE"):
        replace(ARGS, tables=("bq://p.d",))
