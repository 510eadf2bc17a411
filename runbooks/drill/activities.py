"""What drills can do: actions change something, probes only look.

An activity gets the run and its own keyword arguments, returns what it saw (JSON), and raises where it
fails. Its arguments are those of its signature; `calls` says what it calls outside, for `--dry-run`.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from runbooks.drill.arguments import Argument, checked, kind_of
from runbooks.errors import nearest

Kind = Literal["action", "probe"]
Function = Callable[..., Any]


@dataclass(frozen=True)
class Activity:
    """A registered function, its kind and its arguments."""

    name: str
    kind: Kind
    function: Function
    calls: tuple[str, ...]
    arguments: Mapping[str, Argument]

    @property
    def does(self) -> str:
        """The first sentence of its documentation."""
        return " ".join((inspect.getdoc(self.function) or self.name).split("\n\n")[0].split())

    def typed(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments as the function gets them; `ValueError` names the one that is wrong."""
        for name in given:
            if name not in self.arguments:
                raise ValueError(f"{self.name} takes no argument {name!r}; {nearest(name, self.arguments)}")
        for name, argument in self.arguments.items():
            if argument.required and name not in given:
                raise ValueError(f"{self.name} needs the argument {name!r}")
        return {name: self._one(name, value) for name, value in given.items()}

    def _one(self, name: str, value: Any) -> Any:
        try:
            return checked(self.arguments[name].type, value)
        except ValueError as error:
            raise ValueError(f"{self.name}.{name}: {error}") from None


class Registry(dict[str, Activity]):
    """Activities by the name that drill.yaml uses."""

    def action(self, name: str, calls: Iterable[str] = ()) -> Callable[[Function], Function]:
        """Register a function that changes something."""
        return self._register(name, "action", calls)

    def probe(self, name: str, calls: Iterable[str] = ()) -> Callable[[Function], Function]:
        """Register a function that only looks."""
        return self._register(name, "probe", calls)

    def _register(self, name: str, kind: Kind, calls: Iterable[str]) -> Callable[[Function], Function]:
        def register(function: Function) -> Function:
            if name in self:
                raise ValueError(f"activity {name} is registered twice")
            self[name] = Activity(name, kind, function, tuple(calls), _arguments(function))
            return function

        return register


def _arguments(function: Function) -> dict[str, Argument]:
    """Every parameter after the run."""
    hints = typing.get_type_hints(function)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return {
        each.name: Argument(each.name, kind_of(hints[each.name]), each.default is inspect.Parameter.empty)
        for each in parameters
    }


ACTIVITIES = Registry()
action = ACTIVITIES.action
probe = ACTIVITIES.probe
