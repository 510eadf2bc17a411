"""What the room's README shows runs as it stands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from evidence import publickey
from policies import waivers
from policies.cli import main
from policies.framework import load_all
from tests.evidence.kms_server import KEY, Kms, serving
from tests.policies.state_example import exported

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "policies" / "README.md").read_text()
BLOCKS = re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)
NOW = datetime.now(UTC)


def examples() -> list[tuple[str, list[str]]]:
    """Each command, and the lines under it that it has to print."""
    found: list[tuple[str, list[str]]] = []
    for line in "".join(BLOCKS).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def arguments(command: str) -> list[str]:
    """Without the shell's words; `2026-Q4` is this quarter, or the example would run out."""
    this = f"{NOW.year}-Q{(NOW.month + 2) // 3}"
    words = shlex.split(command.replace("2026-Q4", this))
    assert words[:3] == ["python", "-m", "policies"]
    return words[3:]


def cell() -> bytes:
    """Of the local cell, the one resource that the README names."""
    pooled = ("gcp:sql/databaseInstance:DatabaseInstance", "pooled", {"region": "europe-west3"})
    return exported(pooled).replace(b"urn:pulumi:example::", b"urn:pulumi:local-cell::")


def test_the_commands_run_and_print_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cell.json").write_bytes(cell())
    monkeypatch.chdir(tmp_path)
    for command, printed in examples():
        failing = " report " in command  # the example's instance has hardly a property
        assert main(arguments(command)) == int(failing), command
        said = "".join(capsys.readouterr())
        assert [line for line in printed if line not in said] == [], command


def test_the_numbers_of_the_table_are_the_frameworks_numbers() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (\d+) \|$", TEXT, re.MULTILINE))
    assert {key: int(number) for key, number in rows.items()} == {
        each.key: len(each.controls) for each in load_all()
    }


def test_the_waiver_that_it_shows_is_one(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    file = tmp_path / "waivers.yaml"
    file.write_text(shown)
    (only,) = waivers.load(file, yaml.safe_load("2026-11-25")).entries
    assert only.stack == "us-*"


def test_the_public_key_comes_from_cloud_kms_as_it_says(tmp_path: Path) -> None:
    (command,) = re.findall(r"^(python -c '.*) KEY local-cell > evidence\.pem$", TEXT, re.MULTILINE)
    kms = Kms()
    with serving(kms) as url:
        environ = {**os.environ, "GOOGLE_KMS_CUSTOM_ENDPOINT": url, "GOOGLE_OAUTH_ACCESS_TOKEN": "a-token"}
        words = [sys.executable, *shlex.split(command)[1:], KEY, "local-cell"]
        done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, check=True)
    (tmp_path / "evidence.pem").write_bytes(done.stdout)
    assert publickey.read(tmp_path / "evidence.pem") == kms.pem()
