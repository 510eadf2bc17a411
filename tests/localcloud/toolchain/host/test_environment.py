"""The environment of a program: which Python, which plugins, which packages."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from localcloud.toolchain.host.environment import NoEnvironment, PluginPackage, of_program


def make_environment(root: Path, name: str = ".venv") -> Path:
    """A virtual environment as far as the host looks at one."""
    site = root / name / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (root / name / "bin").mkdir()
    (root / name / "bin" / "python").symlink_to(sys.executable)
    return site


def add_package(
    site: Path, name: str, version: str, *, requires: str = "", plugin: dict[str, object] | None = None
) -> None:
    folder = site / name.replace("-", "_")
    folder.mkdir()
    info = site / f"{folder.name}-{version}.dist-info"
    info.mkdir()
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}\n")
    if plugin is not None:
        (folder / "pulumi-plugin.json").write_text(json.dumps(plugin))


def test_the_virtualenv_option_is_relative_to_the_project(tmp_path: Path) -> None:
    make_environment(tmp_path, "env")
    found = of_program({"virtualenv": "env"}, tmp_path)
    assert found.python == tmp_path / "env" / "bin" / "python"
    variables = found.variables({"PATH": "/bin", "PYTHONHOME": "/x"})
    assert variables == {"PATH": f"{tmp_path}/env/bin:/bin", "VIRTUAL_ENV": f"{tmp_path}/env"}


def test_a_policy_pack_may_point_upwards(tmp_path: Path) -> None:
    make_environment(tmp_path)
    assert (
        of_program({"virtualenv": "../../.venv"}, tmp_path / "policies" / "pack").folder == tmp_path / ".venv"
    )


def test_a_missing_environment_names_the_option_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(NoEnvironment, match=r"options\.virtualenv is '\.venv'.*uv sync"):
        of_program({"virtualenv": ".venv"}, tmp_path)


def test_without_the_option_the_hosts_own_python_runs_the_program(tmp_path: Path) -> None:
    assert of_program({}, tmp_path).python == Path(sys.executable)


def test_plugins_are_what_packages_ask_for(tmp_path: Path) -> None:
    site = make_environment(tmp_path)
    add_package(site, "pulumi-gcp", "9.37.1", plugin={"resource": True, "name": "gcp", "version": "9.37.1"})
    add_package(site, "pulumi-acme", "1.2.3", plugin={"resource": True, "server": "https://example.org"})
    add_package(site, "pulumi-policy", "1.21.0", plugin={"resource": False})
    found = list(of_program({"virtualenv": ".venv"}, tmp_path).plugins())
    assert found == [
        PluginPackage("acme", "1.2.3", "https://example.org"),
        PluginPackage("gcp", "9.37.1", ""),
    ]


def test_direct_dependencies_are_those_that_nothing_else_asks_for(tmp_path: Path) -> None:
    site = make_environment(tmp_path)
    add_package(site, "Upper_Name", "1.0")
    add_package(site, "app", "2.0", requires="upper-name (>=1); python_version > '3'")
    place = of_program({"virtualenv": ".venv"}, tmp_path)
    assert place.dependencies(transitive=False) == [("app", "2.0")]
    assert place.dependencies(transitive=True) == [("app", "2.0"), ("Upper_Name", "1.0")]
