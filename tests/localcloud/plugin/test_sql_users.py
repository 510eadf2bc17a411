"""Database users, whose roles are given in the query."""

from __future__ import annotations

from typing import Any

from tests.localcloud.plugin.answering import answering
from tests.localcloud.plugin.engine import plugin

USER = "gcp:sql/user:User"


def test_roles_are_given_on_creation_in_the_body_and_later_in_the_query() -> None:
    seen: list[tuple[str, dict[str, str], Any]] = []
    user = {"name": "admin@p.iam", "host": "", "type": "CLOUD_IAM_SERVICE_ACCOUNT"}

    def answer(verb: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if verb in ("POST", "PUT"):
            seen.append((verb, query, body))
            return 200, {"kind": "sql#operation", "name": "o", "status": "DONE"}
        return 200, {"items": [user]} if path.endswith("/users") else {"name": "main"}

    inputs = {
        "instance": "main",
        "name": user["name"],
        "type": user["type"],
        "databaseRoles": ["cloudsqlsuperuser"],
    }
    with (
        answering(answer) as root,
        plugin({"sqlCustomEndpoint": f"{root}/sql/v1beta4/", "project": "p"}) as engine,
    ):
        id, outputs = engine.create(USER, "u", inputs)
        assert outputs["databaseRoles"] == ["cloudsqlsuperuser"]
        outputs = engine.update(USER, "u", id, outputs, inputs, {**inputs, "databaseRoles": ["pg_monitor"]})
    assert id == "admin@p.iam//main"
    assert seen[0][2]["databaseRoles"] == ["cloudsqlsuperuser"]
    assert seen[1][1] == {
        "host": "",
        "name": "admin@p.iam",
        "databaseRoles": "pg_monitor",
        "revokeExistingRoles": "true",
    }
    assert outputs["databaseRoles"] == ["pg_monitor"]
