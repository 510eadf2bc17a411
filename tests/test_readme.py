"""What the README says is there: targets, commands and their options, files, and the table of `make up`."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest

from infra.cli import table
from infra.cli.places import stacks
from infra.cli.pulumi import Pulumi
from localcloud.ports import PORT_BASE

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text()
BLOCKS = [line[4:] for line in TEXT.splitlines() if line.startswith("    ")]
INLINE = re.findall(r"`([^`\n]+)`", TEXT)
MADE = (".careplane/", ".venv/", "report/", "drill/", "~/", "gs://", "gcpkms://")
"""What is not in a fresh checkout: made by a run, or somebody's own."""


def commands() -> list[str]:
    """Every `python -m room …`, without a comment, a pipe or the shell around it."""
    found = (re.search(r"python -m (\w+[^|#)`\"]*)", text) for text in BLOCKS + INLINE)
    return sorted({match[1].strip() for match in found if match})


def targets() -> set[str]:
    return {name for text in BLOCKS + INLINE for name in re.findall(r"^make ([a-z]+)", text)}


def paths() -> list[str]:
    """Inline code that names a file or folder of the checkout; `<…>` stands for any name."""
    words = {
        text for text in INLINE if re.fullmatch(r"\.?[\w.*<>-]+(/[\w.*<>-]*)+|[\w<>.-]+\.(yaml|md)", text)
    }
    return sorted(word for word in words if not word.startswith(MADE))


@pytest.mark.parametrize("target", sorted(targets()))
def test_the_target_is_in_the_makefile_and_its_script_is_there(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{target}: ## ", makefile, re.MULTILINE)
    assert target == "help" or (ROOT / "scripts" / target).exists()


def test_every_target_has_its_line_in_the_help() -> None:
    names = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    # Under `make test` this make would name the folders that it enters.
    help_ = ["make", "--no-print-directory", "help"]
    done = subprocess.run(help_, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {line.split()[1] for line in done.stdout.splitlines()} == names >= targets()


@pytest.mark.parametrize("command", commands())
def test_the_command_is_there_with_its_options(command: str) -> None:
    words = shlex.split(command)
    done = subprocess.run(
        [sys.executable, "-m", *words, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    used = [word for word in words if word.startswith("--")]
    assert all(option in done.stdout for option in used)
    given = [word for word in words[1:2] if not word.startswith("--")]
    assert all(f"python -m {words[0]} {word}" in done.stdout for word in given)


@pytest.mark.parametrize("path", paths())
def test_the_file_is_there(path: str) -> None:
    pattern = re.sub(r"<[^>]*>", "*", path).rstrip("/")
    folder = ROOT if "/" in pattern else ROOT / "stacks"
    if "<place>" in path:
        pattern = path.replace("<place>", "local")
    assert list(folder.glob(pattern)) or (ROOT / pattern).exists()


def test_every_room_has_its_line() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"} | {"stacks"}
    assert set(re.findall(r"^\| `(\w+)/` \|", TEXT, re.MULTILINE)) == rooms


class Outputs:
    """A Pulumi whose tenants are at the addresses that the README shows."""

    PORTS = {"lakeside": 17102, "riverside": 17104}

    def outputs(self, stack: str) -> dict[str, Any]:
        tenant = stack.rsplit("-", 1)[-1]
        base = f"http://127.0.0.1:{self.PORTS[tenant]}"
        return {"tenant": tenant, "baseUrl": base, "fhirUrl": f"{base}/fhir"}


def test_the_table_is_what_is_printed() -> None:
    shipped = [stack for stack in stacks("local") if stack.name.endswith(tuple(Outputs.PORTS))]
    found = table.rows(cast(Pulumi, Outputs()), shipped)
    head = table.text(found).split("\n\n")[0]
    assert head.splitlines() == [line for line in BLOCKS if line.startswith(("TENANT", *Outputs.PORTS))]
    assert found[1]["try"][0] in BLOCKS


def test_the_ports_and_places_are_this_products() -> None:
    assert f"from {PORT_BASE} on" in TEXT
    assert not re.search(r"/(work|root|tmp|home)/|pypi\.org|proxy\.golang|files\.pythonhosted", TEXT)
