"""What all of Compute Engine shares: https://cloud.google.com/compute/docs/reference/rest/beta"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from localcloud.plugin import wire
from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import reference
from localcloud.plugin.kinds import Field, Json

GLOBAL = "projects/{project}/global"
REGION = "projects/{project}/regions/{region|base}"
LINK = re.compile(r"^(https?://[^/]+/compute)/(?:alpha|beta)/")

NAMED = {"name": Field()}
NETWORK = {"network": Field()}


def linked(*names: str) -> dict[str, Callable[[Any, Any], bool]]:
    """Properties that name other resources, in whichever way."""
    return dict.fromkeys(names, reference)


class Compute(Behaviour):
    """Bodies name networks and regions by path; answers are read back by their v1 address."""

    references: tuple[tuple[str, str], ...] = ()
    """Properties that may be given by name alone, and where such a name lies."""

    def body(self, values: Json) -> Json | None:
        return super().body(self.referenced(values))

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        return super().update_body(self.referenced(values), changed, olds)

    def referenced(self, values: Json) -> Json:
        found = {
            name: full(values[name], self.fill(path, values))
            for name, path in self.references
            if values.get(name)
        }
        return {**values, **found}

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        for name in ("selfLink", *(n for n, _ in self.references)):
            if isinstance(outputs.get(name), str):
                outputs[name] = LINK.sub(r"\1/v1/", outputs[name])
        return outputs


def full(value: str, path: str) -> str:
    return value if "/" in value else f"{path}/{value}"


class Regional(Compute):
    """The published provider writes a region's address under `global`, which Google takes."""

    references: tuple[tuple[str, str], ...] = (("network", GLOBAL + "/networks"),)

    def body(self, values: Json) -> Json | None:
        region = self.fill(f"{GLOBAL}/regions/{{region|base}}", values)
        return {**(super().body(values) or {}), "region": region}


class Fingerprinted(Compute):
    """Written whole, with the fingerprint of what is there."""

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        body = self.body({**values, **{k: values.get(k) or olds.get(k) for k in self.chosen}}) or {}
        return {**body, **self.emptied(values), "fingerprint": olds.get("fingerprint", "")}

    chosen: tuple[str, ...] = ()

    def emptied(self, values: Json) -> Json:
        return {}


@dataclass(frozen=True)
class Setter:
    """A property that changes by a request of its own."""

    name: str
    path: str
    """Where it is sent; `{self}` is the resource."""

    verb: str = "POST"
    fingerprint: bool = False


class Settable(Compute):
    """Never written again as a whole: what may change has a method for it, and labels have `setLabels`."""

    setters: tuple[Setter, ...] = ()

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        body = self.body(values) or {}
        for setter in self.setters:
            if setter.name in changed:
                self._set(setter, body, values, olds)

    def _set(self, setter: Setter, body: Json, values: Json, olds: Json) -> None:
        sent: Json = {}
        for path in self.wires({setter.name}):
            found = wire.get(body, path)
            wire.put(sent, path, values.get(setter.name) if found is None else found)
        if setter.fingerprint:
            sent["fingerprint"] = olds.get("fingerprint") or self._fingerprint(values)
        path = self.fill(setter.path.replace("{self}", self.kind.path), values)
        self.done(self.client.call(self.kind.api, setter.verb, path, sent), values)

    def _fingerprint(self, values: Json) -> str:
        found = self.client.call(self.kind.api, "GET", self.fill(self.kind.path, values))
        return str(found.get("fingerprint", ""))


class Replaced(Compute):
    """Written whole by PUT, without a fingerprint."""

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        return self.body(values) or {}


def v1(value: Any) -> Any:
    """Addresses of other resources as of v1, however deep they lie."""
    if isinstance(value, dict):
        return {k: v1(v) for k, v in value.items()}
    if isinstance(value, list):
        return [v1(v) for v in value]
    return LINK.sub(r"\1/v1/", value) if isinstance(value, str) else value


def absolute(behaviour: Behaviour, value: Any, values: Json) -> Any:
    """A path as the full address that some properties want."""
    if str(value).startswith(("regions/", "zones/", "global/")):
        value = behaviour.fill(f"projects/{{project}}/{value}", values)
    return (
        behaviour.client.config.endpoint("compute") + value if str(value).startswith("projects/") else value
    )


def given(values: Json, *names: str) -> Json:
    """What the program says, even if it says zero or false."""
    return {name: values[name] for name in names if values.get(name) is not None}
