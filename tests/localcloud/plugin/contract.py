"""Runs the official program through our plugin, type by type, and compares with what was recorded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from tests.localcloud.plugin.engine import Engine, Json, plugin
from tests.localcloud.plugin.program_inputs import reveal
from tests.localcloud.plugin.recordings import Replay, ReplayServer, canonical, load

PHASES = ("1-create", "2-refresh", "3-update", "4-destroy")
_SKIPPED = ("pulumi:pulumi:Stack", "pulumi:providers:gcp")


@dataclass
class Resource:
    """One recorded resource, and how far our plugin has taken it."""

    token: str
    name: str
    recorded_id: str
    recorded_inputs: Json
    recorded_outputs: Json
    id: str = ""
    inputs: Json = field(default_factory=dict)
    outputs: Json = field(default_factory=dict)

    @property
    def who(self) -> str:
        return f"{self.token}::{self.name}"


@dataclass
class Phase:
    """What one command of the engine led to."""

    asked: dict[str, str]
    """Our distinct requests, and the resource that each was made for."""

    official: set[str]
    outputs: Counter[str] = field(default_factory=Counter)
    """Output properties compared, by `equal` and `different`."""

    problems: list[str] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        return sorted(self.official - self.asked.keys())

    @property
    def extra(self) -> list[str]:
        return sorted(
            f"{who}: {request}" for request, who in self.asked.items() if request not in self.official
        )

    @property
    def share(self) -> float:
        return len(self.official & self.asked.keys()) / len(self.official)

    @property
    def outputs_share(self) -> float:
        return self.outputs["equal"] / max(1, self.outputs.total())


class Contract:
    """The four phases, in order, over one replay server."""

    def __init__(self, recorded: Path) -> None:
        self.recorded = recorded
        states = json.loads((recorded / "state.json").read_text())["deployment"]["resources"]
        provider = next(s for s in states if s["type"] == _SKIPPED[1])
        self.configuration = provider["inputs"]
        self.resources = [_resource(s) for s in states if s["type"] not in _SKIPPED]
        self.asked = _program_inputs(recorded, "program.py")
        self.changed = _program_inputs(recorded, "program-changed.py")
        self.phases: dict[str, Phase] = {}

    @contextmanager
    def replaying(self) -> Iterator[tuple[Engine, ReplayServer]]:
        endpoints = {k: v for k, v in self.configuration.items() if k.endswith("CustomEndpoint")}
        server = ReplayServer(endpoints)
        configuration = {k: v for k, v in self.configuration.items() if k not in ("__internal", "version")}
        try:
            with plugin({**configuration, **server.endpoints}) as engine:
                yield engine, server
        finally:
            server.close()

    def recording(self, phase: str) -> Replay:
        return Replay(load(self.recorded / f"{phase}.jsonl"))

    def run(self) -> None:
        with self.replaying() as (engine, server):
            for name in PHASES:
                server.replay = self.recording(name)
                self._run_phase(name, engine, server.replay)

    def _run_phase(self, name: str, engine: Engine, replay: Replay) -> None:
        phase = Phase({}, {e.request for e in replay.exchanges})
        step = {
            "1-create": self._create,
            "2-refresh": self._refresh,
            "3-update": self._update,
            "4-destroy": self._destroy,
        }
        order = reversed(self.resources) if name == "4-destroy" else self.resources
        for resource in order:
            replay.begin(resource.who)
            try:
                phase.problems += [
                    f"{resource.who}: {problem}" for problem in step[name](engine, resource, phase)
                ]
            except grpc.RpcError as error:
                phase.problems.append(f"{resource.who}: {error.details()}")  # type: ignore[attr-defined]
        phase.asked = {asked.request: who for who, asked in reversed(replay.asked)}
        self.phases[name] = phase

    def _create(self, engine: Engine, resource: Resource, phase: Phase) -> Iterator[str]:
        resource.inputs, failures = engine.check(resource.token, resource.name, self.asked[resource.who])
        yield from failures
        if canonical(resource.inputs) != canonical(resource.recorded_inputs):
            yield f"inputs {_difference(resource.recorded_inputs, resource.inputs)}"
        resource.id, resource.outputs = resource.recorded_id, resource.recorded_outputs
        resource.id, resource.outputs = engine.create(resource.token, resource.name, resource.inputs)
        if resource.id != resource.recorded_id:
            yield f"id {resource.id} instead of {resource.recorded_id}"
        yield from self._compare(resource.recorded_outputs, resource.outputs, phase)

    def _refresh(self, engine: Engine, resource: Resource, phase: Phase) -> Iterator[str]:
        id, outputs, inputs = engine.read(
            resource.token, resource.name, resource.id, resource.recorded_outputs, resource.inputs
        )
        if id != resource.id:
            yield f"read back as {id!r}"
        if canonical(inputs) != canonical(resource.inputs):
            yield f"drift {_difference(resource.inputs, inputs)}"
        yield from self._compare(resource.recorded_outputs, outputs, phase)

    def _update(self, engine: Engine, resource: Resource, phase: Phase) -> Iterator[str]:
        r = resource
        news, failures = engine.check(r.token, r.name, self.changed[r.who], r.inputs)
        yield from failures
        found = engine.diff(r.token, r.name, r.id, r.outputs, r.inputs, news)
        if found.changes == found.DIFF_NONE:
            return
        if found.replaces:
            old_id, old_outputs, old_inputs = r.id, r.outputs, r.inputs
            r.id, r.outputs = engine.create(r.token, r.name, news)
            engine.delete(r.token, r.name, old_id, old_outputs, old_inputs)
        else:
            r.outputs = engine.update(r.token, r.name, r.id, r.outputs, r.inputs, news)
        r.inputs = news
        phase.outputs["replaced" if found.replaces else "updated"] += 1

    def _destroy(self, engine: Engine, resource: Resource, phase: Phase) -> Iterator[str]:
        engine.delete(resource.token, resource.name, resource.id, resource.outputs, resource.inputs)
        return iter(())

    def _compare(self, recorded: Json, ours: Json, phase: Phase) -> Iterator[str]:
        for key in sorted(recorded.keys() | ours.keys()):
            equal = canonical(_present({key: recorded.get(key)})) == canonical(_present({key: ours.get(key)}))
            phase.outputs["equal" if equal else "different"] += 1
            if not equal:
                yield f"output {key}: {_difference(recorded.get(key), ours.get(key))}"


def _present(value: Any) -> Any:
    """Null and absent are the same to a Pulumi program."""
    if isinstance(value, dict):
        return {k: _present(v) for k, v in value.items() if v is not None}
    return [_present(v) for v in value] if isinstance(value, list) else value


def _resource(state: Json) -> Resource:
    name = state["urn"].rsplit("::", 1)[-1]
    return Resource(state["type"], name, state["id"], reveal(state["inputs"]), reveal(state["outputs"]))


def _program_inputs(recorded: Path, program: str) -> dict[str, Json]:
    script = Path(__file__).with_name("program_inputs.py")
    command = [sys.executable, str(script), str(recorded / program), str(recorded / "state.json")]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(found.stdout)  # type: ignore[no-any-return]


def _difference(expected: Any, found: Any) -> str:
    if isinstance(expected, dict) and isinstance(found, dict):
        parts = [
            f"{key}: {_difference(expected.get(key), found.get(key))}"
            for key in sorted(expected.keys() | found.keys())
            if canonical(expected.get(key)) != canonical(found.get(key))
        ]
        return "{" + ", ".join(parts) + "}"
    return f"{json.dumps(found)} instead of {json.dumps(expected)}"
