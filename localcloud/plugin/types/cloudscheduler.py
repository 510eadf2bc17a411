"""Cloud Scheduler: https://cloud.google.com/scheduler/docs/reference/rest"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Field, Json, Kind, local

_GOOGLES = frozenset({"User-Agent", "Content-Length", "X-Google-Source"})


class Job(Behaviour):
    def insert(self, values: Json) -> Json:
        path = self.fill("projects/{project}/locations/{region}/jobs", values)
        return self.client.call(self.kind.api, "POST", path, self.body(values))

    def body(self, values: Json) -> Json | None:
        return {**(super().body(values) or {}), "name": self.fill(self.kind.path, values)}

    def after_create(self, values: Json) -> None:
        self._switch(values)

    def after_update(self, values: Json, changed: set[str], olds: Json) -> None:
        if "paused" in changed:
            self._switch(values)

    def outputs(self, answer: Json, values: Json) -> Json:
        return {**super().outputs(answer, values), "paused": answer.get("state") == "PAUSED"}

    def _switch(self, values: Json) -> None:
        verb = "pause" if values.get("paused") else "resume"
        self.client.call(self.kind.api, "POST", self.fill(f"{self.kind.path}:{verb}", values), {})


def _own_headers(value: Any) -> Any:
    """Google adds headers of its own."""
    return {k: v for k, v in (value or {}).items() if k not in _GOOGLES} or None


def _default_deadline(value: Any) -> str:
    return value or "180s"


KINDS = (
    Kind(
        token="gcp:cloudscheduler/job:Job",
        api="cloudScheduler",
        behaviour=Job,
        mask=False,
        path="projects/{project}/locations/{region}/jobs/{name}",
        defaults={"attemptDeadline": "180s", "timeZone": "Etc/UTC"},
        fields={
            "paused": local(False),
            "httpTarget.headers": Field(decode=_own_headers),
            "attemptDeadline": Field(encode=lambda v: None if v == "180s" else v, decode=_default_deadline),
        },
    ),
)
