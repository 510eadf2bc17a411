from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.cli import admin_job
from infra.cli.commands.tenant_client import _words
from infra.cli.google import Google
from infra.cli.main import _parser
from infra.errors import ConfigError

OUTPUTS = {"project": "p", "locations": ["europe-west3"], "jobs": {"admin": "lakeside-admin"}}
JOB = "projects/p/locations/europe-west3/jobs/lakeside-admin"


@dataclass(frozen=True)
class Answering(Google):
    """Cloud Run and Cloud Logging of one project; lines come after some looks."""

    lines: tuple[str, ...] = ()
    looks: list[int] = field(default_factory=lambda: [0])
    response: dict[str, Any] = field(default_factory=lambda: {"succeededCount": 1})
    calls: list[tuple[str, str, str, Any]] = field(default_factory=list)

    def call(self, verb: str, api: str, path: str, body: Any = None, patient: bool = False) -> dict[str, Any]:
        self.calls.append((verb, api, path, body))
        if api == "run":
            return {"name": f"{JOB}/operations/1", "done": True, "response": self.response}
        self.looks[0] -= 1
        return {"entries": [{"textPayload": line} for line in self.lines]} if self.looks[0] < 0 else {}


def test_it_runs_once_with_the_words_and_tells_what_was_written() -> None:
    google = Answering({}, "t", lines=("client a may ask for x",), looks=[3])
    pauses: list[float] = []
    assert admin_job.run(google, OUTPUTS, ["client", "add"], pauses.append) == ["client a may ask for x"]
    assert google.calls[0] == (
        "POST",
        "run",
        f"{JOB}:run",
        {"overrides": {"containerOverrides": [{"args": ["client", "add"]}]}},
    )
    asked = google.calls[-1][3]
    assert asked["resourceNames"] == ["projects/p"]
    assert 'resource.labels.job_name="lakeside-admin" AND timestamp>="20' in asked["filter"]
    assert len(pauses) == 3


def test_a_failed_job_fails_with_its_last_words() -> None:
    google = Answering({}, "t", lines=("first", "no such client"), response={"failedCount": 1})
    with pytest.raises(admin_job.JobFailed, match="lakeside-admin failed: no such client"):
        admin_job.run(google, OUTPUTS, ["client", "revoke"])


def test_a_job_that_says_nothing_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_job, "PATIENCE", 0.0)
    assert admin_job.run(Answering({}, "t", looks=[9]), OUTPUTS, ["client", "list"], lambda _: None) == []


def parsed(*words: str) -> argparse.Namespace:
    return _parser().parse_args(["tenant", "client", *words])


def test_words_are_the_runtimes(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(json.dumps({"keys": []}))
    stack = ("--stack", "local-tenant-lakeside")
    assert _words(parsed("list", *stack)) == ["client", "list", "--json"]
    assert _words(parsed("revoke", *stack, "--id", "c")) == ["client", "revoke", "--id", "c"]
    added = _words(parsed("add", *stack, "--id", "c", "--scope", "a", "b", "--jwks", str(keys)))
    assert added == ["client", "add", "--id", "c", "--jwks", '{"keys": []}', "--scope", "a", "b"]


@pytest.mark.parametrize("text", [None, "no json"])
def test_keys_that_are_none(tmp_path: Path, text: str | None) -> None:
    keys = tmp_path / "keys"
    if text is not None:
        keys.write_text(text)
    args = parsed("rotate", "--stack", "s", "--id", "c", "--jwks", str(keys))
    with pytest.raises(ConfigError, match="--jwks"):
        _words(args)
