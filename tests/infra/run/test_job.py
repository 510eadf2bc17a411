from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ConfigError
from infra.run.args import WorkloadArgs
from infra.run.job import Job, JobArgs
from infra.run.secret import SecretRef
from tests.infra.engine import declare
from tests.infra.sites import SITE

WORKLOAD = WorkloadArgs(SITE, "image:1", "sa@p", "key", "net", "sub", {"B": "2", "A": "1"})


def inputs(*run_for: str) -> dict[str, object]:
    args = JobArgs(WORKLOAD, "riverside-migrate", ("migrate",), run_for)
    return declare(lambda: Job("j", args) and None).one("Job").inputs


def test_runs_again_only_when_what_it_runs_for_changes() -> None:
    assert inputs("image:1")["runExecutionToken"] == inputs("image:1")["runExecutionToken"]
    assert inputs("image:1")["runExecutionToken"] != inputs("image:2")["runExecutionToken"]
    assert "runExecutionToken" not in inputs()


def test_name_and_token_fit_googles_limit() -> None:
    assert len(f"{'a' * 20}-migrate{inputs('image')['runExecutionToken']}") < 63


def test_environment_is_in_order() -> None:
    template = inputs()["template"]
    assert isinstance(template, dict)
    container = template["template"]["containers"][0]
    assert [each["name"] for each in container["envs"]] == ["A", "B"]
    assert template["template"]["encryptionKey"] == "key"


def test_secrets_are_references_here_too() -> None:
    secret = SecretRef("projects/p/secrets/s", "1")
    workload = replace(WORKLOAD, secrets={"C": secret}, files={"/s/t": secret})
    made = (
        declare(lambda: Job("j", JobArgs(workload, "riverside-admin", ("client",))) and None)
        .one("Job")
        .inputs
    )
    container = made["template"]["template"]["containers"][0]
    assert container["envs"][2] == {
        "name": "C",
        "valueSource": {"secretKeyRef": {"secret": "projects/p/secrets/s", "version": "1"}},
    }
    assert container["volumeMounts"] == [{"name": "s", "mountPath": "/s"}]
    assert made["template"]["template"]["volumes"][0]["name"] == "s"
    assert made["binaryAuthorization"] == {"useDefault": True}


def test_a_secret_in_plain_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"environment\.ADMIN_PASSWORD"):
        replace(WORKLOAD, environment={"ADMIN_PASSWORD": "medplum"})
