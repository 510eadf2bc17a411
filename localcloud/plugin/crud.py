"""Create, read, update and delete as most types have it; product modules override what is different."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from localcloud.plugin import diff, wire
from localcloud.plugin.catalogue import Names
from localcloud.plugin.client import Client, GoogleError, is_operation
from localcloud.plugin.kinds import PLACES, Json, Kind

IMPORTING = "__importing"
"""Marks parameters that came from an id alone: whatever Google answers is then taken for wanted."""

ATTRIBUTION = {"goog-pulumi-provisioned": "true"}


class Refused(Exception):
    """The provider itself says no."""


class Partial(Exception):
    """The resource exists, but a step after its creation failed."""

    def __init__(self, id: str, outputs: Json, reason: Exception) -> None:
        super().__init__(str(reason))
        self.id = id
        self.outputs = outputs


class Behaviour:
    """The life of one resource type."""

    def __init__(self, kind: Kind, names: Names, client: Client) -> None:
        self.kind = kind
        self.names = names
        self.client = client

    # what the engine asks for

    def create(self, inputs: Json) -> tuple[str, Json]:
        values = self.resolve(inputs)
        values |= self.identify(values, self.insert(values))
        id = self.id(values)
        try:
            self.after_create(values)
            outputs = self.read(values)
        except Exception as error:
            raise Partial(id, {**self.given(values), "id": id}, error) from error
        if outputs is None:
            raise Partial(id, self.given(values), Refused(f"{id} was created but cannot be found"))
        return id, outputs

    def read(self, values: Json) -> Json | None:
        """The outputs of a resource whose parameters are known, or None where it is gone."""
        answer = self.fetch(values)
        return None if answer is None else self.outputs(answer, values)

    def update(self, olds: Json, old_inputs: Json, inputs: Json) -> Json:
        values = {**{k: olds.get(k) for k in self.names.outputs}, **self.resolve(inputs, olds)}
        found = diff.changes(self.kind, old_inputs, inputs, olds)
        changed = {re.split(r"[.\[]", change.path)[0] for change in found}
        self.modify(values, changed, olds)
        self.after_update(values, changed, olds)
        outputs = self.read(values)
        if outputs is None:
            raise Refused(f"{self.id(values)} has disappeared")
        return outputs

    def delete(self, values: Json) -> None:
        if values.get("deletionPolicy") == "ABANDON":
            return
        if values.get("deletionPolicy") == "PREVENT":
            raise Refused(
                f"{self.id(values)} has deletionPolicy PREVENT; set it to DELETE and run `pulumi up` first"
            )
        if self.kind.protection and values.get(self.kind.protection):
            name = self.kind.protection
            raise Refused(f"{self.id(values)} has {name}; set it to false and run `pulumi up` first")
        try:
            self.remove(values)
        except GoogleError as error:
            if error.status != 404:
                raise

    def parse(self, id: str) -> Json:
        """The parameters that an id stands for: in full, or with the fixed parts left out."""
        for template in self.id_formats():
            if found := re.fullmatch(_pattern(template), id):
                values = {**self.resolve(found.groupdict()), IMPORTING: True}
                return (
                    {**values, "parent": id.rsplit("/", 2)[0]}
                    if "{parent}" in self.kind.collection
                    else values
                )
        raise Refused(f"{id!r} is no id of {self.kind.token}; allowed: {', '.join(self.id_formats())}")

    # steps, each to be overridden alone

    def insert(self, values: Json) -> Json:
        """Create it; the answer is the resource, or what its operation says of it."""
        kind = self.kind
        path = self.fill(kind.collection or kind.path.rsplit("/", 1)[0], values)
        body = self.body(values)
        query = self.query(kind.create_query, values)
        return self.done(self.client.call(kind.api, kind.create_verb, path, body, query), values)

    def identify(self, values: Json, answer: Json) -> Json:
        """Parameters that only the server's answer gives."""
        if "name" in self.names.outputs and "name" in self.kind.parameters:
            return {"name": answer["name"]}
        return {}

    def after_create(self, values: Json) -> None:
        if self.kind.set_labels:
            self.set_labels(values)

    def fetch(self, values: Json) -> Json | None:
        path = self.fill(self.kind.path, values)
        try:
            return self.client.call(
                self.kind.api, "GET", path, query=self.query(self.kind.read_query, values)
            )
        except GoogleError as error:
            if error.status == 404:
                return None
            raise

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        """Send what changed, if Google is to know of it."""
        kind = self.kind
        mask = self.mask(changed)
        if not mask:
            return
        body = self.update_body(values, changed, olds)
        query = {"updateMask": ",".join(mask)} if kind.mask else {}
        answer = self.client.call(kind.api, kind.update_verb, self.fill(kind.path, values), body, query)
        self.done(answer, values)

    def after_update(self, values: Json, changed: set[str], olds: Json) -> None:
        if self.kind.set_labels and changed & {"labels"}:
            self.set_labels(values)

    def remove(self, values: Json) -> None:
        kind = self.kind
        path = self.fill(kind.path, values)
        self.done(
            self.client.call(kind.api, "DELETE", path, query=self.query(kind.delete_query, values)), values
        )

    # helpers

    def body(self, values: Json) -> Json | None:
        return wire.encode(self.kind, self.names.inputs, self.labelled(values))

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        """What may change; without a mask, null for what is no longer there."""
        body = wire.encode(self.kind, self.names.inputs, self.labelled(values), update=True)
        if not self.kind.mask:
            for path in self.wires(changed):
                if wire.get(body, path) is None:
                    wire.put(body, path, None)
        return body

    def mask(self, changed: set[str]) -> list[str]:
        return list(dict.fromkeys(path.split(".")[0] for path in self.wires(changed)))

    def wires(self, changed: set[str]) -> Iterable[str]:
        """Google's paths of changed properties, in the order of the type."""
        for name, prop in self.names.inputs.items():
            rule = self.kind.fields.get(name)
            sent = name not in wire.UNSENT and (rule is None or (rule.wire is not None and rule.update))
            if name in changed and sent and not self.kind.replaces(name):
                yield (rule.wire if rule and rule.wire else "") or prop.rest

    def outputs(self, answer: Json, values: Json) -> Json:
        """Google's answer as properties; what Google never says is as it was given."""
        tree = self.names.all
        outputs = wire.decode(self.kind, tree, answer)
        for name in tree:
            rule = self.kind.fields.get(name)
            kept = rule.wire is None or rule.written if rule else name in self.kind.parameters
            if kept and values.get(name) is not None:
                outputs[name] = values[name]
        if "deletionPolicy" in tree and "deletionPolicy" not in self.kind.fields:
            outputs["deletionPolicy"] = values.get("deletionPolicy") or "DELETE"
        if "forceDestroy" in tree and "forceDestroy" not in self.kind.fields:
            outputs["forceDestroy"] = bool(values.get("forceDestroy"))
        self._label_outputs(outputs, answer, values)
        return {**outputs, "id": self.id({**values, **{k: v for k, v in outputs.items() if v}})}

    def given(self, values: Json) -> Json:
        return {name: values[name] for name in self.names.all if name in values}

    def resolve(self, inputs: Json, olds: Json | None = None) -> Json:
        """Inputs with the provider's own project, region and zone where none are given."""
        values = dict(inputs)
        for name in ("project", "region", "zone", "location"):
            if name in self.names.all and not values.get(name):
                default = getattr(self.client.config, "region" if name == "location" else name)
                if kept := (olds or {}).get(name) or default:
                    values[name] = kept
        return values

    def fill(self, template: str, values: Json) -> str:
        """A template's `{name}` by its value, `{name|base}` by the last segment of its value."""
        return re.sub(
            r"{(\w+)(\|base)?}", lambda m: self._parameter(m.group(1), bool(m.group(2)), values), template
        )

    def query(self, templates: Any, values: Json) -> dict[str, str]:
        return {name: self.fill(template, values) for name, template in templates.items()}

    def id(self, values: Json) -> str:
        return self.fill(self.id_formats()[0], values)

    def id_formats(self) -> list[str]:
        full = self.kind.id or re.sub(r"^/?(?:v\d\w*/)?", "", self.kind.path)
        names = re.findall(r"{\w+(?:\|base)?}", full)
        short = [n for n in names if n != "{project}"]
        return list(dict.fromkeys([full, "/".join(names), "/".join(short)]))

    def done(self, answer: Json, values: Json) -> Json:
        """What an operation has to say of its resource, or the resource itself."""
        if not is_operation(answer):
            return answer
        return self.client.wait(self.kind.api, answer, lambda name: self.operation(name, answer, values)).get(
            "response", {}
        )

    def operation(self, name: str, answer: Json, values: Json) -> str:
        """Where an operation is polled."""
        if str(answer.get("kind", "")).startswith("compute#"):
            return re.sub(r"^https?://[^/]+", "", str(answer["selfLink"]))
        return name

    def labelled(self, values: Json) -> Json:
        if "effectiveLabels" not in self.names.all:
            return values
        return {**values, "labels": self.all_labels(values)}

    def all_labels(self, values: Json) -> dict[str, str]:
        """The program's labels and the provider's."""
        config = self.client.config
        attribution = ATTRIBUTION if config.attribution and self.kind.attribution else {}
        return {**attribution, **config.labels, **(values.get("labels") or {})}

    def set_labels(self, values: Json) -> None:
        """Compute Engine takes labels only with the fingerprint of the last ones."""
        path = self.fill(self.kind.path, values)
        fingerprint = self.client.call(self.kind.api, "GET", path).get("labelFingerprint", "")
        body = {"labelFingerprint": fingerprint, "labels": self.all_labels(values)}
        self.done(self.client.call(self.kind.api, "POST", f"{path}/setLabels", body), values)

    def _label_outputs(self, outputs: Json, answer: Json, values: Json) -> None:
        for name, effective in (("labels", "effectiveLabels"), ("annotations", "effectiveAnnotations")):
            if effective in outputs:
                found = answer.get(name) or {}
                own = found if IMPORTING in values else values.get(name) or {}
                outputs[effective] = found
                outputs[name] = {k: v for k, v in found.items() if k in own and k not in ATTRIBUTION} or None
        if "pulumiLabels" in outputs:
            outputs["pulumiLabels"] = self.all_labels({"labels": outputs["labels"]})

    def _parameter(self, name: str, base: bool, values: Json) -> str:
        value = values.get(name)
        if value is None or value == "":
            raise Refused(
                f"{self.kind.token} needs {name!r}: set it, or gcp:{name} in the stack's configuration"
            )
        return str(value).rstrip("/").rsplit("/", 1)[-1] if base else str(value)


def _pattern(template: str) -> str:
    """A parameter that begins a template is a name in full, with slashes of its own."""
    pattern = re.sub(r"\\{(\w+)(?:\\\|base)?\\}", r"(?P<\1>[^/]+)", re.escape(template))
    own = re.match(r"\(\?P<(\w+)>", pattern)
    return pattern.replace("[^/]+", ".+", 1) if own and own.group(1) not in PLACES else pattern
