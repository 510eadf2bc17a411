"""What a program may ask without making anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from localcloud.plugin.values import plain, struct
from localcloud.ports import APIS
from tests.localcloud.plugin.engine import Engine, plugin
from tests.localcloud.running import RunningCloud


@pytest.fixture
def engine(localcloud: RunningCloud) -> Iterator[Engine]:
    urls = {key: localcloud.settings.url(api.name) + path for api in APIS for key, path in api.endpoints}
    with plugin({**urls, "project": "careplane-cell", "accessToken": localcloud.operator_token}) as made:
        yield made


def _invoke(engine: Engine, token: str, args: dict[str, Any]) -> dict[str, Any]:
    return plain(getattr(engine.stub.Invoke(pb.InvokeRequest(tok=token, args=struct(args))), "return"))[0]


def test_a_project_is_looked_up(engine: Engine) -> None:
    found = _invoke(engine, "gcp:organizations/getProject:getProject", {})
    assert (found["projectId"], found["number"]) == ("careplane-cell", "123456789012")


def test_storages_agent_is_asked_of_storage(engine: Engine) -> None:
    found = _invoke(engine, "gcp:storage/getProjectServiceAccount:getProjectServiceAccount", {})
    email = "service-123456789012@gs-project-accounts.iam.gserviceaccount.com"
    assert (found["emailAddress"], found["member"]) == (email, f"serviceAccount:{email}")


def test_loggings_agent_is_in_its_settings(engine: Engine) -> None:
    args = {"project": "careplane-cell"}
    found = _invoke(engine, "gcp:logging/getProjectCmekSettings:getProjectCmekSettings", args)
    assert found["serviceAccountId"].endswith(".iam.gserviceaccount.com")
