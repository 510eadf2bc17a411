"""All resources of one stack, with an index that is built once and only as far as a rule asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from policies.context import Context
from policies.resource import Properties, Resource, UnknownValue

ROOT = "pulumi:pulumi:Stack"
"""The type of the stack itself: what a rule judges that asks whether something exists at all."""

_Pointers = tuple[dict[str, list[Resource]], UnknownValue | None]

_NAMES = ("id", "selfLink", "name", "email", "uniqueId", "projectId", "fqdnName")


class Stack:
    """What a rule may see beside the resource that it judges."""

    def __init__(self, resources: Iterable[Resource], context: Context, name: str = "") -> None:
        self.resources = tuple(resources)
        self.context = context
        self.name = name
        self._pointed: dict[tuple[str, tuple[str, ...], str], _Pointers] = {}

    @cached_property
    def by_type(self) -> Mapping[str, tuple[Resource, ...]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources:
            found.setdefault(resource.type, []).append(resource)
        return {token: tuple(items) for token, items in found.items()}

    @cached_property
    def _by_urn(self) -> Mapping[str, Resource]:
        return {resource.urn: resource for resource in self.resources}

    @cached_property
    def _by_name(self) -> Mapping[str, dict[str, Resource]]:
        """By type: every name that another resource may call it by (id, self link, e-mail, short name)."""
        return {token: _names(items) for token, items in self.by_type.items()}

    def of(self, *types: str) -> tuple[Resource, ...]:
        """The resources of these types; one that ends in `*` stands for all that begin so."""
        wanted = [t for pattern in types for t in self.by_type if _matches(t, pattern)]
        return tuple(resource for token in wanted for resource in self.by_type[token])

    def referred(self, resource: Resource, path: str, *types: str) -> Resource | None:
        """The resource of these types that a property names, or None where it is not in this stack.

        While the value is not known, by what the engine says the property was made from; raises
        `UnknownValue` where that does not settle it.
        """
        try:
            value = resource.at(path)
        except UnknownValue:
            made_from = self._made_from(resource, path.split(".")[0].split("[")[0], types)
            if len(made_from) != 1:
                raise
            return made_from[0]
        return self.named(value, *types)

    def named(self, value: Any, *types: str) -> Resource | None:
        """The resource of these types that goes by this id, self link, e-mail or name."""
        text = str(value or "")
        for form in (text, _relative(text), text.rsplit("/", 1)[-1]):
            for token in types:
                if form and form in self._by_name.get(token, {}):
                    return self._by_name[token][form]
        return None

    def pointing(self, resource: Resource, path: str, *types: str) -> tuple[Resource, ...]:
        """The resources of these types whose property names `resource`; `a[].b` looks into a list.

        Raises `UnknownValue` where none does so far and one of them may.
        """
        found, unknown = self._pointers(path, types, resource.type)
        if resource.urn not in found and unknown:
            raise unknown
        return tuple(found.get(resource.urn, ()))

    def _pointers(self, path: str, types: tuple[str, ...], target: str) -> _Pointers:
        """By URN of what is named, who names it: made once for each question, so that it stays linear."""
        key = (path, types, target)
        if key not in self._pointed:
            found: dict[str, list[Resource]] = {}
            unknown: UnknownValue | None = None
            for source in self.of(*types):
                try:
                    for each in self._named_by(source, path, target):
                        found.setdefault(each.urn, []).append(source)
                except UnknownValue as value:
                    unknown = unknown or value
            self._pointed[key] = (found, unknown)
        return self._pointed[key]

    def _named_by(self, source: Resource, path: str, target: str) -> Iterator[Resource]:
        if "[]" not in path:
            one = self.referred(source, path, target)
            yield from (one,) if one else ()
            return
        many, inner = path.split("[].", 1)
        for _, item in source.each(many):
            one = self.named(item.at(inner), target)
            yield from (one,) if one else ()

    def _made_from(self, resource: Resource, key: str, types: tuple[str, ...]) -> list[Resource]:
        sources = (self._by_urn.get(urn) for urn in resource.references.get(key, ()))
        return [each for each in sources if each is not None and each.type in types]


def _matches(token: str, pattern: str) -> bool:
    return token.startswith(pattern[:-1]) if pattern.endswith("*") else token == pattern


def _relative(text: str) -> str:
    """`projects/p/global/networks/n` of `https://www.googleapis.com/compute/v1/projects/p/global/networks/n`."""
    start = text.find("projects/")
    return text[start:] if start > 0 else text


def _names(items: tuple[Resource, ...]) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for resource in items:
        names = [resource.id, *(_plain(resource.properties, key) for key in _NAMES)]
        for name in filter(None, names):
            found.setdefault(name, resource)
            found.setdefault(_relative(name), resource)
    return found


def _plain(properties: Properties, key: str) -> str:
    try:
        value = properties.get(key)
    except UnknownValue:
        return ""
    return value if isinstance(value, str) else ""
