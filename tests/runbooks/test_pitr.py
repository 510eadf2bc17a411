"""The clone's removal when the runner died around its request, against an API that answers from a script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runbooks.actions import pitr
from runbooks.actions.context import Shared
from runbooks.drill import definition
from runbooks.drill.journal import Journal
from runbooks.drill.run import Run
from runbooks.errors import ActivityError
from runbooks.google import Google
from runbooks.stack import Stack
from runbooks.writer import Writer
from tests.runbooks.definitions import GOOD, KNOWN

STACK = Stack("local-tenant-a", {"project": "p", "sqlInstance": "a", "fhirUrl": "x"}, {})
CLONE = "a-r1"


class Api(Google):
    """Lists what the script says, list by list (the last one again and again); deletes at once."""

    def __init__(self, *lists: list[tuple[str, str]]) -> None:
        super().__init__(STACK)
        object.__setattr__(self, "lists", list(lists))
        object.__setattr__(self, "called", [])

    def call(self, verb: str, endpoint: str, path: str, body: Any = None) -> dict[str, Any]:
        self.called.append(f"{verb} {path}")  # type: ignore[attr-defined]
        if verb != "GET":
            return {"status": "DONE"}
        lists = self.lists  # type: ignore[attr-defined]
        found = lists.pop(0) if len(lists) > 1 else lists[0]
        return {"items": [{"name": name, "state": state} for name, state in found]}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("_EVERY_SECONDS", 0.01), ("_APPEARS_SECONDS", 0.2), ("_MADE_SECONDS", 0.5)):
        monkeypatch.setattr(pitr, name, seconds)


def remove(folder: Path, api: Api, **remembered: Any) -> Any:
    drill = definition.parse(GOOD, "example", KNOWN)
    journal = Journal.create(folder / "run", "r1", drill, STACK.name, facts={}, roles={}, approved_by=[])
    tools = Shared(STACK, api, Writer(STACK, "r1", "true", folder))
    run = Run("r1", STACK.name, folder, journal, tools)
    run.remember(**remembered)
    return pitr.remove_clone(run)


def test_nothing_is_asked_where_no_clone_was_begun(tmp_path: Path) -> None:
    api = Api([("a", "RUNNABLE")])
    assert remove(tmp_path, api) == "no clone was made"
    assert api.called == []  # type: ignore[attr-defined]


def test_a_clone_that_appears_after_the_runner_died_is_waited_for_and_deleted(tmp_path: Path) -> None:
    none, pending, made = [("a", "RUNNABLE")], [(CLONE, "PENDING_CREATE")], [(CLONE, "RUNNABLE")]
    api = Api(none, none, pending, pending, made)
    assert remove(tmp_path, api, clone=CLONE) == {"deleted": CLONE}
    assert api.called[-2:] == [  # type: ignore[attr-defined]
        f"PATCH projects/p/instances/{CLONE}", f"DELETE projects/p/instances/{CLONE}",
    ]  # fmt: skip


def test_a_request_that_never_arrived_leaves_nothing_to_delete(tmp_path: Path) -> None:
    api = Api([("a", "RUNNABLE")])
    assert remove(tmp_path, api, clone=CLONE) == "no such clone was made"
    assert len(api.called) > 2  # type: ignore[attr-defined]


def test_an_answered_request_is_not_waited_for(tmp_path: Path) -> None:
    api = Api([("a", "RUNNABLE")])
    assert remove(tmp_path, api, clone=CLONE, recovered_from={}) == "no such clone was made"
    assert len(api.called) == 1  # type: ignore[attr-defined]


def test_a_clone_that_failed_is_deleted(tmp_path: Path) -> None:
    assert remove(tmp_path, Api([(CLONE, "FAILED")]), clone=CLONE) == {"deleted": CLONE}


def test_a_clone_that_is_never_done_fails_the_rollback_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ActivityError, match=f"{CLONE} is still being made after 0.5 s; resume later"):
        remove(tmp_path, Api([(CLONE, "PENDING_CREATE")]), clone=CLONE)
