"""Which kind of stack a control is judged in, where the design says that one kind holds it."""

from __future__ import annotations

from policies.resource import UnknownValue
from policies.rule import NotApplicable
from policies.stack import Stack


def second_site(stack: Stack) -> bool:
    """Whether a cell is a second site, which works in the projects and the network of the first."""
    return bool(stack.context.settings.get("pairedCell")) or stack.name.endswith("-2")


def require_kind(stack: Stack, what: str, *kinds: str) -> None:
    """Not applicable in stacks of another kind, or where the first site's stack holds it."""
    kind = stack.context.kind
    if kind is not None and kind not in kinds:
        raise NotApplicable(f"{what}: in stacks of {' or '.join(kinds)}, not of {kind}")
    if kind == "cell" and second_site(stack):
        raise NotApplicable(f"{what}: in the stack of the cell's first site")


def elsewhere(stack: Stack, what: str, path: str = "") -> None:
    """Missing here is not missing everywhere, where the source does not say what kind of stack it is."""
    if stack.context.kind is None:
        raise UnknownValue(path, f"{what}: not in this state; it may be in another stack")
