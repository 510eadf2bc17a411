"""Members of policies that others write too."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.localcloud.plugin.answering import answering, error
from tests.localcloud.plugin.engine import Engine, plugin

MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
KEY = "projects/p/locations/l/keyRings/r/cryptoKeys/k"


class Policy:
    """One policy with a rotating etag; `race` members are added by someone else before the first write."""

    def __init__(self, bindings: list[dict[str, Any]], race: int = 0) -> None:
        self.policy: dict[str, Any] = {"bindings": bindings, "etag": "1", "version": 1}
        self.race = race
        self.writes = 0
        self.lock = threading.Lock()

    def __call__(self, verb: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        with self.lock:
            if path.endswith(":getIamPolicy"):
                return 200, self.policy
            if self.race:
                self.race -= 1
                self._write(
                    {**self.policy, "bindings": [*self.policy["bindings"], binding("roles/other", "user:z")]}
                )
            if body["policy"].get("etag") != self.policy["etag"]:
                return error(409, "concurrent policy changes", "ABORTED")
            self._write(body["policy"])
            return 200, self.policy

    def _write(self, policy: dict[str, Any]) -> None:
        self.writes += 1
        self.policy = {"bindings": [], **policy, "etag": str(int(self.policy["etag"]) + 1)}


def binding(role: str, *members: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "members": list(members), **more}


def inputs(member: str = "user:a", **more: Any) -> dict[str, Any]:
    return {"cryptoKeyId": KEY, "role": "roles/r", "member": member, **more}


def add(engine: Engine, member: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return engine.create(MEMBER, "m", inputs(member, **more))


def test_another_writers_change_survives_ours() -> None:
    policy = Policy([], race=2)
    with answering(policy) as root, plugin({"kmsCustomEndpoint": f"{root}/v1/"}) as engine:
        id, outputs = add(engine, "user:a")
    assert id == f"{KEY}/roles/r/user:a"
    assert outputs["etag"] == policy.policy["etag"]
    assert policy.policy["bindings"] == [binding("roles/other", "user:z")] * 2 + [
        binding("roles/r", "user:a")
    ]


def test_members_added_at_once_are_all_there() -> None:
    policy = Policy([])
    with answering(policy) as root, plugin({"kmsCustomEndpoint": f"{root}/v1/"}) as engine:
        threads = [threading.Thread(target=add, args=(engine, f"user:{n}")) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(policy.policy["bindings"][0]["members"]) == [f"user:{n}" for n in range(8)]


def test_a_member_who_is_there_already_is_not_written_again() -> None:
    policy = Policy([binding("roles/r", "user:a")])
    with answering(policy) as root, plugin({"kmsCustomEndpoint": f"{root}/v1/"}) as engine:
        add(engine, "user:a")
    assert policy.writes == 0


def test_a_condition_makes_a_binding_of_its_own() -> None:
    condition = {"title": "weekdays", "expression": "request.time.getDayOfWeek() < 6"}
    policy = Policy([binding("roles/r", "user:a")])
    with answering(policy) as root, plugin({"kmsCustomEndpoint": f"{root}/v1/"}) as engine:
        id, outputs = add(engine, "user:a", condition=condition)
        assert id.endswith("/weekdays")
        engine.delete(MEMBER, "m", id, outputs, {})
    assert policy.policy["bindings"] == [binding("roles/r", "user:a")]


def test_removing_the_last_member_removes_the_binding_and_leaves_the_others() -> None:
    policy = Policy([binding("roles/r", "user:a"), binding("roles/s", "user:b")])
    with answering(policy) as root, plugin({"kmsCustomEndpoint": f"{root}/v1/"}) as engine:
        engine.delete(MEMBER, "m", "x", inputs(), {})
    assert policy.policy["bindings"] == [binding("roles/s", "user:b")]


def test_a_member_that_someone_removed_reads_as_gone() -> None:
    with answering(Policy([])) as root, plugin({"kmsCustomEndpoint": f"{root}/v1/"}) as engine:
        assert engine.read(MEMBER, "m", "x", inputs(), inputs())[0] == ""


@pytest.mark.parametrize("id", [f"{KEY} roles/r user:a", f"{KEY}/roles/r/user:a"])
def test_members_are_imported_as_the_published_provider_does(id: str) -> None:
    with answering(Policy([binding("roles/r", "user:a")])) as root:
        with plugin({"kmsCustomEndpoint": f"{root}/v1/"}) as engine:
            found, _, imported = engine.read(MEMBER, "m", id, {}, {})
    assert found == f"{KEY}/roles/r/user:a"
    assert imported == inputs()
