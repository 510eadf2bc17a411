"""Access Approval: https://cloud.google.com/assured-workloads/access-approval/docs/reference/rest"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import as_set
from localcloud.plugin.kinds import Json, Kind, local

_WRITTEN = ("notificationEmails", "enrolledServices", "activeKeyVersion")


class Settings(Behaviour):
    """A project, folder or organisation always has them: they are written, and emptied when deleted."""

    def insert(self, values: Json) -> Json:
        return self._write(values, self.mask(set(values)))

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if mask := self.mask(changed):
            self._write(values, mask)

    def mask(self, changed: set[str]) -> list[str]:
        return [name for name in _WRITTEN if name in changed]

    def remove(self, values: Json) -> None:
        body = {"notificationEmails": [], "enrolledServices": [], "activeKeyVersion": ""}
        self._patch(values, body, list(_WRITTEN))

    def _write(self, values: Json, mask: list[str]) -> Json:
        return self._patch(values, self.body(values) or {}, mask)

    def _patch(self, values: Json, body: Json, mask: list[str]) -> Json:
        path = self.fill(self.kind.path, values)
        return self.client.call(self.kind.api, "PATCH", path, body, {"updateMask": ",".join(mask)})


def settings(token: str, owner: str) -> Kind:
    """The row of a type that holds the settings of `owner`."""
    return Kind(
        token=token,
        api="accessApproval",
        path=f"{owner}/accessApprovalSettings",
        behaviour=Settings,
        autoname=False,
        defaults={"enrolledServices.enrollmentLevel": "BLOCK_ALL"},
        fields={"project": local()} if owner.startswith("projects/") else {},
        computed=frozenset({"notificationEmails"}),
        equal={"enrolledServices": as_set, "notificationEmails": as_set},
    )
