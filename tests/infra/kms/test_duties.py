from __future__ import annotations

import pulumi
import pytest

from infra.errors import ConfigError
from infra.kms.duties import ADMINISTER, Duties, DutiesArgs
from tests.infra.engine import declare


def test_administrators_are_granted_on_the_ring_and_users_are_not() -> None:
    args = DutiesArgs("ring", {"keepers": "group:keepers@example.org"}, {"runtime": "serviceAccount:r"})
    grant = declare(lambda: Duties("d", args) and None).one("KeyRingIAMMember", "d-keepers")
    assert grant.inputs == {"keyRingId": "ring", "role": ADMINISTER, "member": "group:keepers@example.org"}


def test_a_narrower_role() -> None:
    role = "organizations/111/roles/careplane_key_administrator"
    args = DutiesArgs("ring", {"keepers": "group:keepers@example.org"}, {}, role)
    assert declare(lambda: Duties("d", args) and None).one("KeyRingIAMMember").inputs["role"] == role


def test_nobody_both_administers_and_uses() -> None:
    with pytest.raises(ConfigError, match=r"'user:a@example.org' is not allowed; allowed: members that use"):
        DutiesArgs("ring", {"a": "user:a@example.org"}, {"b": "user:a@example.org"})


def test_nor_a_member_known_only_later() -> None:
    def program() -> None:
        late = pulumi.Output.from_input("serviceAccount:r")
        Duties("d", DutiesArgs("ring", {"a": late}, {"b": "serviceAccount:r"}))

    with pytest.raises(ValueError, match=r"administrators: .serviceAccount:r. is not allowed"):
        declare(program)


def test_somebody_must_administer() -> None:
    with pytest.raises(ConfigError, match="administrators: nothing was given"):
        DutiesArgs("ring", {}, {})
