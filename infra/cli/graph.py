"""`graph`: a stack's components by room, with what they hold and what they need, as SVG.

Graphviz comes in pygraphviz's wheel; no `dot` program is needed.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape

from infra.cli.errors import CliError
from infra.cli.state import Resource, State

_COLOURS = ("#e8f0fe", "#fce8e6", "#e6f4ea", "#fef7e0", "#f3e8fd", "#e4f7fb", "#fde7f3", "#f1f3f4")
_FONT = "Helvetica,Arial,sans-serif"


class NoPicture(CliError):
    """Graphviz refused the graph; its own words."""


def svg(state: State) -> str:
    """The picture; a component that needs another points to it."""
    import pygraphviz

    with _quiet() as said:
        graph = pygraphviz.AGraph(source(state))
        try:
            picture: bytes = graph.draw(format="svg", prog="dot")
        except (OSError, RuntimeError, ValueError) as error:
            raise NoPicture(f"{state.stack}: {error}; {''.join(said)}") from error
    return picture.decode()


def rooms(state: State) -> dict[str, list[Resource]]:
    """Outermost components (and Google's resources outside any) by room, in order of name."""
    found: dict[str, dict[str, Resource]] = defaultdict(dict)
    for resource in state.resources:
        holder = state.component(resource)
        found[state.room(resource)][holder.urn] = holder
    return {room: list(found[room].values()) for room in sorted(found)}


def source(state: State) -> str:
    """The graph in Graphviz's language."""
    number = {each.urn: index for index, each in enumerate(state.resources)}
    held = _held(state)
    lines = [
        f'digraph "{_quoted(state.stack)}" {{',
        f'  graph [label="{_quoted(state.stack)}", labelloc=t, rankdir=LR, fontname="{_FONT}", fontsize=20,'
        " newrank=true, ranksep=1.1, nodesep=0.2];",
        f'  node [shape=plain, fontname="{_FONT}", fontsize=10];',
        '  edge [color="#5f6368", arrowsize=0.6];',
    ]
    for index, (room, holders) in enumerate(rooms(state).items()):
        lines += [
            f'  subgraph "cluster_{_quoted(room)}" {{',
            f'    label="{_quoted(room)}"; style="filled,rounded"; color="#dadce0"; fontsize=14;',
            f'    fillcolor="{_COLOURS[index % len(_COLOURS)]}";',
            *(f"    n{number[each.urn]} [label=<{_table(each, held[each.urn])}>];" for each in holders),
            "  }",
        ]
    lines += [f"  n{number[a]} -> n{number[b]};" for a, b in sorted(edges(state))]
    return "\n".join([*lines, "}"])


def edges(state: State) -> set[tuple[str, str]]:
    """Which holder needs which, without those that follow from others."""
    holder = {each.urn: state.component(each).urn for each in state.resources}
    needs: dict[str, set[str]] = defaultdict(set)
    for resource in state.resources:
        for other in resource.dependencies:
            if other in holder and holder[other] != holder[resource.urn]:
                needs[holder[resource.urn]].add(holder[other])
    return {(a, b) for a, others in needs.items() for b in others if not _implied(needs, a, b)}


def _implied(needs: Mapping[str, set[str]], start: str, end: str) -> bool:
    """Whether a longer way leads from one to the other."""
    seen: set[str] = {start}
    waiting = [each for each in needs.get(start, ()) if each != end]
    while waiting:
        at = waiting.pop()
        if at == end:
            return True
        if at not in seen:
            seen.add(at)
            waiting.extend(needs.get(at, ()))
    return False


def _held(state: State) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for resource in state.google:
        found[state.component(resource).urn].append(resource)
    return found


def _table(holder: Resource, resources: list[Resource]) -> str:
    head = escape(f"{holder.kind} {holder.name}")
    counted: dict[str, list[str]] = defaultdict(list)
    for each in resources:
        if each.urn != holder.urn:
            counted[each.kind].append(each.name)
    rows = "".join(
        f'<TR><TD ALIGN="LEFT">{escape(kind)} {escape(_names(names))}</TD></TR>'
        for kind, names in sorted(counted.items())
    )
    return (
        '<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" BGCOLOR="white" COLOR="#80868b">'
        f'<TR><TD ALIGN="LEFT"><B>{head}</B></TD></TR>{rows}</TABLE>'
    )


def _names(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"× {len(names)}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


@contextmanager
def _quiet() -> Iterator[list[str]]:
    """Keep what the bundled C libraries write to standard error (fontconfig about this machine's fonts)."""
    said: list[str] = []
    with tempfile.TemporaryFile() as kept:
        before = os.dup(2)
        try:
            os.dup2(kept.fileno(), 2)
            yield said
        finally:
            os.dup2(before, 2)
            os.close(before)
            kept.seek(0)
            said.append(kept.read().decode(errors="replace"))
