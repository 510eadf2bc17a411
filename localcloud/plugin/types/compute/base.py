"""What all of Compute Engine shares: https://cloud.google.com/compute/docs/reference/rest/beta"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

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

    references = (("network", GLOBAL + "/networks"),)

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
