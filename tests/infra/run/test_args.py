from __future__ import annotations

from dataclasses import replace

import pulumi
import pytest

from infra.errors import ConfigError
from infra.run.args import WorkloadArgs, admission, envs, mounts, volumes
from infra.run.secret import SecretRef
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = WorkloadArgs(SITE, "image:1", "sa@p", "key", "net", "sub", {"B": "2", "A": "1"})
SECRET = SecretRef("projects/p/secrets/s", "3")


def test_variables_are_in_order_whether_plain_or_secret() -> None:
    assert envs(replace(ARGS, secrets={"AB": SECRET})) == [
        {"name": "A", "value": "1"},
        {
            "name": "AB",
            "value_source": {"secret_key_ref": {"secret": "projects/p/secrets/s", "version": "3"}},
        },
        {"name": "B", "value": "2"},
    ]


def test_a_file_is_a_volume_with_one_item() -> None:
    args = replace(ARGS, files={"/secrets/tls/key.pem": SECRET})
    assert volumes(args) == [
        {
            "name": "secrets-tls",
            "secret": {"secret": "projects/p/secrets/s", "items": [{"path": "key.pem", "version": "3"}]},
        }
    ]
    assert mounts(args) == [{"name": "secrets-tls", "mount_path": "/secrets/tls"}]
    assert volumes(ARGS) is None and mounts(ARGS) is None


def test_a_plain_secret_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match=r"environment\.ADMIN_PASSWORD: 'a plain value' is not allowed"):
        replace(ARGS, environment={"ADMIN_PASSWORD": "medplum"})


def test_a_plain_secret_that_is_known_late_is_refused_then() -> None:
    def program() -> dict[str, object]:
        late = replace(ARGS, environment={"ADMIN_PASSWORD": pulumi.Output.from_input("medplum")})
        return {"value": envs(late)[0]["value"]}

    # Pulumi wraps what is raised while a value resolves.
    with pytest.raises(ValueError, match=r"environment\.ADMIN_PASSWORD"):
        declare(program)


def test_a_variable_is_plain_or_secret() -> None:
    with pytest.raises(ConfigError, match=r"secrets\.A"):
        replace(ARGS, secrets={"A": SECRET})


def test_binary_authorization_is_the_projects_policy_or_a_named_one() -> None:
    named = "projects/p/platforms/cloudRun/strict"
    assert admission(ARGS) == {"use_default": True}
    assert admission(replace(ARGS, binary_authorization=None)) is None
    assert admission(replace(ARGS, binary_authorization=named)) == {"policy": named}
    with pytest.raises(ConfigError, match="binary_authorization: 'off' is not allowed; allowed: default"):
        replace(ARGS, binary_authorization="off")
