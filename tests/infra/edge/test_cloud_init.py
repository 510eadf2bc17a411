from __future__ import annotations

import pytest
import yaml

from infra.edge.cloud_init import document

IMAGE = f"europe-west3-docker.pkg.dev/careplane-cell/careplane/mllp@sha256:{'a' * 64}"


def test_runs_the_image_without_rights_and_starts_it_again() -> None:
    text = document(IMAGE, 2575, {"CAREPLANE_TENANT": "riverside"})
    assert text.startswith("#cloud-config\n")
    environment, unit = yaml.safe_load(text)["write_files"]
    assert environment["content"] == "CAREPLANE_TENANT=riverside\n" and environment["permissions"] == "0600"
    start = next(line for line in unit["content"].splitlines() if line.startswith("ExecStart="))
    assert start.endswith(f"--publish=2575:2575 {IMAGE}")
    for option in ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=2000"):
        assert option in start
    assert "--registries=europe-west3-docker.pkg.dev\n" in unit["content"]
    assert "Restart=always\n" in unit["content"]


def test_value_that_would_add_a_variable() -> None:
    with pytest.raises(ValueError, match="line break"):
        document(IMAGE, 2575, {"A": "1\nB=2"})


def test_image_that_would_add_an_argument() -> None:
    unit = yaml.safe_load(document("x --privileged", 2575, {}))["write_files"][1]["content"]
    assert "'x --privileged'" in unit
