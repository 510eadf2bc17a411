"""One member of one role: read the policy, change it, write it back under its etag.

https://cloud.google.com/iam/docs/policies#etag
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from localcloud.plugin.client import GoogleError
from localcloud.plugin.crud import IMPORTING, Behaviour, Refused
from localcloud.plugin.diff import reference
from localcloud.plugin.kinds import Json, Kind

_ATTEMPTS = 8
_VERSION = 3
"""The first version that has conditions."""


@dataclass(frozen=True)
class Policies:
    """How an API reads and writes the policies of its resources."""

    get: str = "{0}:getIamPolicy"
    get_verb: str = "GET"
    get_query: Mapping[str, str] | None = None
    get_body: Json | None = None
    set: str = "{0}:setIamPolicy"
    set_verb: str = "POST"
    wrap: Callable[[Json], Json] = lambda policy: {"policy": policy}


def member(
    token: str,
    api: str,
    resource: str,
    *,
    policies: Policies | None = None,
    of: str = "",
    id: str = "",
    path: str = "",
) -> Kind:
    """The row of a type that adds one member to one role of `resource`."""
    kind = IamKind(
        token=token,
        api=api,
        path=resource,
        id=id or resource,
        autoname=False,
        replace=frozenset({"role", "member", "condition"}),
        behaviour=Member,
        equal={of: reference} if of else {},
    )
    return kind.with_policies(policies or Policies(), of, path or resource)


@dataclass(frozen=True)
class IamKind(Kind):
    policies: Policies = Policies()

    of: str = ""
    """Property that names the resource; its output is the resource's name in full."""

    address: str = ""
    """Where its policy is, when that differs from its name."""

    def with_policies(self, policies: Policies, of: str, address: str) -> IamKind:
        values = {**self.__dict__, "policies": policies, "of": of, "address": address}
        return IamKind(**values)


class PolicyBehaviour(Behaviour):
    """What members and audit configurations share."""

    kind: IamKind

    def policy(self, values: Json) -> Json:
        how = self.kind.policies
        path = how.get.format(self.fill(self.kind.address, values))
        return self.client.call(self.kind.api, how.get_verb, path, how.get_body, how.get_query)

    def change(self, values: Json, edit: Callable[[Json], None]) -> None:
        """Apply an edit to the newest policy; another writer's success means reading it again."""
        how = self.kind.policies
        address = self.fill(self.kind.address, values)
        with self.client.locks[f"{self.kind.api} {address}"]:
            for attempt in range(_ATTEMPTS):
                before = self.policy(values)
                after = copy.deepcopy(before)
                edit(after)
                if {**after, "version": 0} == {**before, "version": 0}:
                    return
                try:
                    body = how.wrap(tidy(after))
                    self.client.call(self.kind.api, how.set_verb, how.set.format(address), body)
                    return
                except GoogleError as error:
                    if error.status not in (409, 412) or attempt == _ATTEMPTS - 1:
                        raise


class Member(PolicyBehaviour):
    def create(self, inputs: Json) -> tuple[str, Json]:
        values = self.resolve(inputs)
        self.change(values, lambda policy: add_member(policy, values))
        outputs = self.read(values)
        if outputs is None:
            raise Refused(f"{self.id(values)} was added but is not in the policy")
        return outputs["id"], outputs

    def read(self, values: Json) -> Json | None:
        try:
            policy = self.policy(values)
        except GoogleError as error:
            if error.status == 404:
                return None
            raise
        if not any(values["member"] in b.get("members", ()) for b in matching(policy, values)):
            return None
        outputs = {name: values.get(name) for name in self.names.inputs}
        if self.kind.of:
            outputs[self.kind.of] = self.fill(self.kind.path, values)
        return {**outputs, "etag": policy.get("etag", ""), "id": self.id(values)}

    def delete(self, values: Json) -> None:
        try:
            self.change(values, lambda policy: remove_member(policy, values))
        except GoogleError as error:
            if error.status != 404:
                raise

    def id(self, values: Json) -> str:
        title = (values.get("condition") or {}).get("title")
        parts = [
            self.fill(self.kind.id, values),
            values["role"],
            values["member"],
            *([title] if title else []),
        ]
        return "/".join(parts)

    def parse(self, id: str) -> Json:
        """`<resource> <role> <member> [<condition title>]`, as the published provider imports; or an id."""
        parts = id.split(" ")
        if (
            len(parts) < 3
            and (at := max(id.find("/roles/"), id.find("/organizations/", 1), id.find("/projects/", 1))) > 0
        ):
            role, _, who = id[at + 1 :].partition("/")[2].partition("/")
            parts = [id[:at], f"roles/{role}", who]
        if len(parts) < 3:
            raise Refused(f"{id!r} is no id of {self.kind.token}; allowed: '<resource> <role> <member>'")
        found = self.resource(parts[0])
        condition = {"condition": {"title": parts[3], "expression": ""}} if len(parts) > 3 else {}
        return {**found, "role": parts[1], "member": parts[2], **condition, IMPORTING: True}

    def resource(self, name: str) -> Json:
        """The parameters of the resource whose policy it is."""
        found = super().parse(name)
        return {k: v for k, v in found.items() if k in self.names.inputs}

    def id_formats(self) -> list[str]:
        return list(dict.fromkeys([self.kind.path, *super().id_formats()]))


def add_member(policy: Json, values: Json) -> None:
    found = matching(policy, values)
    if not found:
        condition = {"condition": tidy(values["condition"])} if values.get("condition") else {}
        found = [{"role": values["role"], "members": [], **condition}]
        policy["bindings"] = [*policy.get("bindings", []), *found]
    if not any(values["member"] in binding.get("members", ()) for binding in found):
        found[0]["members"] = [*found[0].get("members", []), values["member"]]
    policy["version"] = _VERSION


def remove_member(policy: Json, values: Json) -> None:
    for binding in matching(policy, values):
        binding["members"] = [m for m in binding.get("members", []) if m != values["member"]]
    policy["bindings"] = [b for b in policy.get("bindings", []) if b.get("members")]
    policy["version"] = _VERSION


def matching(policy: Json, values: Json) -> list[Json]:
    """Bindings of the role under the same condition; a condition is told by its title and expression."""
    return [
        b
        for b in policy.get("bindings") or []
        if b.get("role") == values["role"]
        and _condition(b.get("condition")) == _condition(values.get("condition"))
    ]


def tidy(value: Json) -> Json:
    return {k: v for k, v in value.items() if v not in (None, "", [], {})}


def _condition(condition: Any) -> tuple[str, ...]:
    return tuple((condition or {}).get(key) or "" for key in ("title", "description", "expression"))
