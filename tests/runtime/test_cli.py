"""`python -m runtime`: exit codes and sentences."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from runtime.cli.clients import add, read_key_set, revoke, rotate, show
from runtime.db.clients import ClientError, Clients
from runtime.scopes import ScopeError
from runtime.tokens.assertion import KeySetError
from tests.runtime.world import World


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "runtime", *arguments],
        env={**inherited, **environ},
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        timeout=60,
    )


def test_help_and_bad_usage() -> None:
    assert run("--help").returncode == 0
    assert run("dance").returncode == 2


@pytest.mark.parametrize("command", ["serve", "migrate", "grants", "client list"])
def test_a_missing_setting_is_one_sentence_and_exit_2(command: str) -> None:
    done = run(*command.split())
    assert done.returncode == 2
    assert done.stderr.startswith("error: CAREPLANE_") and done.stderr.count("\n") == 1


def test_clients_are_added_listed_rotated_and_revoked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    world = World()
    clients, jwks = Clients(world.engine), json.dumps({"keys": [world.key.as_dict(private=False)]})
    file = tmp_path / "jwks.json"
    file.write_text(jwks)
    add(clients, Namespace(id="lab", jwks=jwks, scope=["system/Patient.rs", "system/Observation.read"]))
    rotate(clients, Namespace(id="lab", jwks=f"@{file}"))
    revoke(clients, Namespace(id="lab"))
    capsys.readouterr()
    show(clients, Namespace(json=True))
    (_, lab) = json.loads(capsys.readouterr().out)
    assert (lab["id"], lab["scopes"], lab["keys"]) == (
        "lab",
        "system/Observation.rs system/Patient.rs",
        ["k1"],
    )
    assert lab["revokedAt"]


def test_what_cannot_be_added() -> None:
    world = World()
    clients, jwks = Clients(world.engine), json.dumps({"keys": [world.key.as_dict(private=False)]})
    with pytest.raises(ClientError):
        add(clients, Namespace(id="app", jwks=jwks, scope=["system/*.rs"]))
    with pytest.raises(ClientError):
        add(clients, Namespace(id="a b", jwks=jwks, scope=["system/*.rs"]))
    with pytest.raises(ScopeError):
        add(clients, Namespace(id="b", jwks=jwks, scope=["patient/*.rs"]))
    with pytest.raises(KeySetError):
        read_key_set("@/nowhere")
    with pytest.raises(KeySetError):
        read_key_set(json.dumps({"keys": [world.key.as_dict(private=True)]}))
