"""Cloud Tasks: https://cloud.google.com/tasks/docs/reference/rest"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.iam import Policies, member
from localcloud.plugin.kinds import Json, Kind, local


class Queue(Behaviour):
    def body(self, values: Json) -> Json | None:
        return {**(super().body(values) or {}), "name": self.fill(self.kind.path, values)}

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        """Limits that Google chose are part of the queue by now."""
        merged = dict(values)
        for name in ("rateLimits", "retryConfig"):
            kept = {k: v for k, v in (olds.get(name) or {}).items() if v}
            merged[name] = {**kept, **(values.get(name) or {})}
        return super().update_body(merged, changed, olds)


KINDS = (
    Kind(
        token="gcp:cloudtasks/queue:Queue",
        api="cloudTasks",
        behaviour=Queue,
        path="projects/{project}/locations/{location}/queues/{name}",
        defaults={"desiredState": "RUNNING"},
        computed=frozenset({"rateLimits", "retryConfig"}),
        fields={"desiredState": local("RUNNING")},
    ),
    member(
        "gcp:cloudtasks/queueIamMember:QueueIamMember",
        "cloudTasks",
        "projects/{project}/locations/{location}/queues/{name|base}",
        policies=Policies(get_verb="POST"),
        of="name",
    ),
)
