"""YAML that people write for us: no anchors and aliases, which multiply, and no key given twice."""

from __future__ import annotations

from typing import Any

import yaml


class PlainLoader(yaml.SafeLoader):
    """Raises `yaml.YAMLError` on what a short file could make large, or say in two ways."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            raise yaml.composer.ComposerError(
                problem="anchors and aliases are not allowed", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise yaml.constructor.ConstructorError(problem=f"{key.value} is given twice")
            seen.add(str(key.value))
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def parse(text: str, loader: type[PlainLoader] = PlainLoader) -> Any:
    """The document; every way in which it can be none is a `yaml.YAMLError`."""
    try:
        return yaml.load(text, loader)
    except RecursionError as error:
        raise yaml.YAMLError("nested too deep") from error
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise yaml.YAMLError(f"a value that cannot be read: {error!r}") from error
