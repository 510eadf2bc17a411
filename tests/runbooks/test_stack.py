"""A stack as drills see it: production, configuration hash, image; the commit; the target made of it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from runbooks import checkout, home, stack, tenant
from runbooks.errors import PreconditionError
from runbooks.target import Request

LOCAL = {"gcp:sqlCustomEndpoint": "http://127.0.0.1:17025/sql/v1beta4/"}


def made(**config: str) -> stack.Stack:
    return stack.Stack(
        "local-tenant-a", {}, {key.replace("_", ":", 1): value for key, value in config.items()}
    )


@pytest.mark.parametrize(
    ("config", "production"),
    [
        ({}, True),
        ({"runbooks:production": "false"}, False),
        ({"runbooks:production": "true"}, True),
        (LOCAL, False),
        ({**LOCAL, "runbooks:production": "True"}, True),
    ],
)
def test_a_stack_in_the_cloud_is_production_unless_it_says_otherwise(
    config: dict[str, str], production: bool
) -> None:
    assert stack.Stack("x-tenant-a", {}, config).production is production


def test_production_is_true_or_false() -> None:
    with pytest.raises(PreconditionError, match="runbooks:production: 'yes' is neither true nor false"):
        _ = made(runbooks_production="yes").production


def test_the_hash_is_of_every_key_and_value_whatever_their_order() -> None:
    one, other = made(gcp_region="a", gcp_project="b"), made(gcp_project="b", gcp_region="a")
    assert one.config_sha256 == other.config_sha256
    assert one.config_sha256 != made(gcp_region="a", gcp_project="c").config_sha256


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A Pulumi that answers from files, as its CLI does."""
    digest = f"docker/runtime@sha256:{'a' * 64}"
    answers: dict[str, Any] = {
        "stack-output": {"fhirUrl": "http://127.0.0.1:1/fhir", "keys": {"evidence": "projects/p/x"}},
        "config": {
            "careplane:placement": {"value": "dedicated"},
            "careplane:secret": {"secret": True},
            "gcp:sqlCustomEndpoint": {"value": LOCAL["gcp:sqlCustomEndpoint"]},
        },
        "stack-export": {
            "deployment": {
                "resources": [
                    {"type": "pulumi:pulumi:Stack"},
                    {
                        "type": "gcp:cloudrunv2/service:Service",
                        "inputs": {"template": {"containers": [{"image": digest}]}},
                    },
                ]
            }
        },
    }
    for name, answer in answers.items():
        (tmp_path / name).write_text(json.dumps(answer))
    script = tmp_path / "bin" / "pulumi"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\n[ "$1" = config ] && exec cat {tmp_path}/config\nexec cat {tmp_path}/$1-$2\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CAREPLANE_HOME", str(tmp_path / "home"))
    return answers


def test_a_target_names_commit_configuration_and_image(pulumi: dict[str, Any], tmp_path: Path) -> None:
    target = tenant.connect(Request("local-tenant-a", "r1", tmp_path / "out"))
    facts = target.facts
    assert re.fullmatch("[0-9a-f]{40}", facts["commit"])
    assert facts["image_digest"] == f"sha256:{'a' * 64}"
    assert (facts["environment"], target.placement, target.production) == ("local", "dedicated", False)
    assert not (tmp_path / "out").exists()


def test_each_run_seeds_a_canary_of_its_own_and_a_resumed_one_the_same(
    pulumi: dict[str, Any], tmp_path: Path
) -> None:
    request = Request("local-tenant-a", "r1", tmp_path / "out")
    one, other = tenant.connect(request).canaries, tenant.connect(request).canaries
    assert one != other
    home.keep(home.Known("r1", str(tmp_path), "d", "local-tenant-a", one))
    assert tenant.connect(request).canaries == one


def test_a_tenant_without_a_cell_has_no_key(pulumi: dict[str, Any]) -> None:
    with pytest.raises(PreconditionError, match="names no cell whose key would sign"):
        tenant.key("local-tenant-a", None)


def test_an_image_by_tag_has_no_digest(pulumi: dict[str, Any], tmp_path: Path) -> None:
    state = pulumi["stack-export"]
    state["deployment"]["resources"][1]["inputs"]["template"]["containers"][0]["image"] = "runtime:local"
    (tmp_path / "stack-export").write_text(json.dumps(state))
    facts = tenant.connect(Request("local-tenant-a", "r1", tmp_path / "out")).facts
    assert (facts["image"], facts["image_digest"]) == ("runtime:local", None)


def test_outside_a_checkout_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "_ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert checkout.commit() == {"commit": None, "modified": None}
