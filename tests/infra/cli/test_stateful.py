from __future__ import annotations

from importlib import import_module

import pytest
from pulumi.automation.events import EngineEvent

from infra.cli.events import Outcome
from infra.cli.stateful import STATEFUL, endangered

BUCKET = "urn:pulumi:s::careplane::gcp:storage/bucket:Bucket::documents"


@pytest.mark.parametrize("token", STATEFUL)
def test_every_type_is_one_that_the_provider_has(token: str) -> None:
    module, _, kind = token.removeprefix("gcp:").partition("/")
    assert hasattr(import_module(f"pulumi_gcp.{module}"), kind.partition(":")[2])


def planned(operation: str) -> Outcome:
    plan = Outcome()
    metadata = {"op": operation, "urn": BUCKET, "type": "gcp:storage/bucket:Bucket"}
    event = {"resourcePreEvent": {"metadata": metadata, "planning": True}}
    plan.take(EngineEvent.from_json(event))
    return plan


@pytest.mark.parametrize("operation", ["delete", "replace", "create-replacement", "delete-replaced"])
def test_what_a_preview_would_replace_or_delete_is_endangered(operation: str) -> None:
    plan = planned(operation)
    assert endangered(plan) == [BUCKET]
    assert endangered(plan, [BUCKET]) == []


@pytest.mark.parametrize("operation", ["create", "same", "update"])
def test_what_stays_is_not(operation: str) -> None:
    plan = planned(operation)
    assert endangered(plan) == []
