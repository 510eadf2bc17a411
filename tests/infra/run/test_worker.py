from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from infra.errors import ConfigError
from infra.run.args import WorkloadArgs
from infra.run.secret import SecretRef
from infra.run.worker import WorkerPool, WorkerPoolArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

SECRET = SecretRef("projects/p/secrets/s")
WORKLOAD = WorkloadArgs(
    SITE, "image:1", "sa@p", "key", "net", "sub", {"A": "1"}, secrets={"B": SECRET}, files={"/s/t": SECRET}
)
ARGS = WorkerPoolArgs(WORKLOAD, "riverside-events", ("consume",))


def pool(args: WorkerPoolArgs = ARGS) -> dict[str, Any]:
    found = declare(lambda: {"name": WorkerPool("w", args).name})
    assert found.outputs == {"name": args.pool}
    return found.one("cloudrunv2/workerPool:WorkerPool").inputs


def test_runs_as_the_tenant_under_its_key_and_inside_the_network() -> None:
    made = pool()
    template = made["template"]
    assert (template["serviceAccount"], template["encryptionKey"]) == ("sa@p", "key")
    assert template["vpcAccess"]["egress"] == "ALL_TRAFFIC"
    assert made["deletionProtection"] is True
    assert made["scaling"] == {"scalingMode": "MANUAL", "manualInstanceCount": 1}
    assert [each["name"] for each in template["containers"][0]["envs"]] == ["A", "B"]
    assert template["volumes"][0]["name"] == template["containers"][0]["volumeMounts"][0]["name"] == "s"


def test_shredding_the_key_ends_what_runs() -> None:
    template = pool()["template"]
    assert template["encryptionKeyRevocationAction"] == "SHUTDOWN"
    assert template["encryptionKeyShutdownDuration"] == "3600s"
    assert (
        "encryptionKeyShutdownDuration" not in pool(replace(ARGS, on_key_revoked="PREVENT_NEW"))["template"]
    )


def test_a_site_that_does_not_serve_runs_none() -> None:
    assert pool(replace(ARGS, instances=0))["scaling"]["manualInstanceCount"] == 0


def test_bad_numbers_and_actions_are_refused() -> None:
    with pytest.raises(ConfigError, match="instances: -1 is not allowed; allowed: 0 or more"):
        replace(ARGS, instances=-1)
    with pytest.raises(ConfigError, match=r"on_key_revoked: 'IGNORE' .* PREVENT_NEW, SHUTDOWN"):
        replace(ARGS, on_key_revoked="IGNORE")
