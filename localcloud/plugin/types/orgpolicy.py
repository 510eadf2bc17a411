"""Organisation policies: https://cloud.google.com/resource-manager/docs/reference/orgpolicy/rest"""

from __future__ import annotations

import json
from typing import Any

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import reference
from localcloud.plugin.kinds import Field, Json, Kind, always, local


class Policy(Behaviour):
    """`name` may be given in full or as the constraint alone; it comes back as the constraint."""

    def insert(self, values: Json) -> Json:
        body = {**(self.body(values) or {}), "name": _full(values)}
        return self.client.call(self.kind.api, "POST", self.fill("{parent}/policies", values), body)

    def fill(self, template: str, values: Json) -> str:
        return super().fill(template, {**values, "name": _full(values)} if template == "{name}" else values)

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        return {**outputs, "name": str(answer["name"]).rsplit("/", 1)[-1], "id": answer["name"]}

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        body = super().update_body(values, changed, olds)
        return {"name": _full(values), **body}

    def parse(self, id: str) -> Json:
        return {"name": id, "parent": id.split("/policies/")[0]}


class CustomConstraint(Behaviour):
    """The body carries the name in full; the whole constraint is sent on update."""

    def body(self, values: Json) -> Json | None:
        return {**(super().body(values) or {}), "name": self.fill(self.kind.path, values)}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        self.client.call(self.kind.api, "PATCH", self.fill(self.kind.path, values), self.body(values))


def _full(values: Json) -> str:
    return (
        str(values["name"])
        if "/policies/" in values["name"]
        else f"{values['parent']}/policies/{values['name']}"
    )


def _to_flag(value: Any) -> bool | None:
    """Three states: TRUE, FALSE, not said."""
    return None if value in (None, "") else str(value).upper() == "TRUE"


def _from_flag(value: Any) -> str:
    return "" if value is None else str(value).upper()


_FLAG = Field(encode=_to_flag, decode=_from_flag, always=None)
_FIELDS = {
    f"{spec}.{name}": rule
    for spec in ("spec", "dryRunSpec")
    for name, rule in {
        "inheritFromParent": always(False),
        "reset": always(False),
        "rules.allowAll": _FLAG,
        "rules.denyAll": _FLAG,
        "rules.enforce": _FLAG,
        "etag": Field(update=False),
        "rules.parameters": Field(
            encode=lambda text: json.loads(text) if text else None,
            decode=lambda found: json.dumps(found, separators=(",", ":")) if found else "",
        ),
    }.items()
}

KINDS = (
    Kind(
        token="gcp:orgpolicy/customConstraint:CustomConstraint",
        api="orgPolicy",
        path="{parent}/customConstraints/{name|base}",
        behaviour=CustomConstraint,
        mask=False,
        fields={"name": Field(decode=lambda value: str(value or "").rsplit("/", 1)[-1])},
        replace=frozenset({"resourceTypes"}),
    ),
    Kind(
        token="gcp:orgpolicy/policy:Policy",
        api="orgPolicy",
        path="{name}",
        behaviour=Policy,
        autoname=False,
        fields={**_FIELDS, "parent": local()},
        replace=frozenset({"parent"}),
        equal={"name": reference},
    ),
)
