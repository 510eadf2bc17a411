"""Access Context Manager: https://cloud.google.com/access-context-manager/docs/reference/rest"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Json, Kind, moved


class AccessPolicy(Behaviour):
    """Google numbers policies; the number alone is the name."""

    def identify(self, values: Json, answer: Json) -> Json:
        return {"name": str(answer["name"]).rsplit("/", 1)[-1]}


class Named(Behaviour):
    """Levels and perimeters: the program gives the name in full, and the body carries it on creation."""

    def insert(self, values: Json) -> Json:
        path = self.fill(self.kind.collection, values)
        body = {**(self.body(values) or {}), "name": values["name"]}
        return self.done(self.client.call(self.kind.api, "POST", path, body), values)

    def parse(self, id: str) -> Json:
        return {"name": id, "parent": "/".join(id.split("/")[:2])}


KINDS = (
    Kind(
        token="gcp:accesscontextmanager/accessPolicy:AccessPolicy",
        api="accessContextManager",
        path="accessPolicies/{name}",
        id="{name}",
        behaviour=AccessPolicy,
        replace=frozenset({"parent"}),
    ),
    Kind(
        token="gcp:accesscontextmanager/accessLevel:AccessLevel",
        api="accessContextManager",
        path="{name}",
        collection="{parent}/accessLevels",
        behaviour=Named,
        defaults={"basic.combiningFunction": "AND"},
        fields={"basic.conditions.devicePolicy.requireScreenLock": moved("requireScreenlock")},
        autoname=False,
    ),
    Kind(
        token="gcp:accesscontextmanager/servicePerimeter:ServicePerimeter",
        api="accessContextManager",
        path="{name}",
        collection="{parent}/servicePerimeters",
        behaviour=Named,
        autoname=False,
        defaults={"perimeterType": "PERIMETER_TYPE_REGULAR"},
        replace=frozenset({"perimeterType"}),
    ),
)
