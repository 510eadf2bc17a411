"""What several findings of a rule need from the whole stack is gathered once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from policies.stack import Stack

T = TypeVar("T")


def once_per_stack(gather: Callable[[Stack], T]) -> Callable[[Stack], T]:
    """Remembers what a function found in a stack for as long as the stack is there."""
    found: WeakKeyDictionary[Stack, T] = WeakKeyDictionary()

    def remembered(stack: Stack) -> T:
        if stack not in found:
            found[stack] = gather(stack)
        return found[stack]

    return remembered
