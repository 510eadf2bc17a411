from __future__ import annotations

from dataclasses import replace

import pytest

from infra.errors import ConfigError
from infra.sql.users import Users, UsersArgs
from tests.infra.engine import declare
from tests.infra.sites import SITE

ARGS = UsersArgs(SITE, "riverside", {"ada": "Ada@example.org"}, {"dba": "dba@example.org"})


def test_people_and_groups_sign_in_on_this_instance_and_see_no_row() -> None:
    found = declare(lambda: Users("u", ARGS) and None)
    users = {each.name: each.inputs for each in found.of("sql/user:User")}
    assert {name: (each["type"], each["name"]) for name, each in users.items()} == {
        "u-ada": ("CLOUD_IAM_USER", "ada@example.org"),
        "u-dba": ("CLOUD_IAM_GROUP", "dba@example.org"),
    }
    assert {role for each in users.values() for role in each["databaseRoles"]} == {"pg_monitor"}
    assert not any("password" in each for each in users.values())
    logins = [each.inputs for each in found.of("IAMMember")]
    assert [each["role"] for each in logins] == ["roles/cloudsql.instanceUser"] * 2
    assert all(
        'resource.name == "projects/careplane-cell/instances/riverside"' in each["condition"]["expression"]
        for each in logins
    )


def test_a_role_that_writes_is_refused() -> None:
    with pytest.raises(ConfigError, match="roles: 'cloudsqlsuperuser' is not allowed; allowed: pg_monitor"):
        replace(ARGS, roles=("cloudsqlsuperuser",))


def test_a_service_account_is_not_a_person() -> None:
    with pytest.raises(ConfigError, match="database user robot"):
        replace(ARGS, people={"robot": "robot@p.iam.gserviceaccount.com"})


def test_one_name_is_one_user() -> None:
    with pytest.raises(ConfigError, match="database user ada"):
        replace(ARGS, groups={"ada": "all@example.org"})
