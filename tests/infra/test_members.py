from __future__ import annotations

import pulumi
import pytest

from infra.errors import ConfigError
from infra.members import require_member, require_members
from tests.infra.engine import declare


@pytest.mark.parametrize("everybody", ["allUsers", "allAuthenticatedUsers"])
def test_the_public_is_refused(everybody: str) -> None:
    with pytest.raises(ConfigError, match=r"member of bucket b: .*serviceAccount:…"):
        require_members(["user:a@example.org", everybody], "bucket b")


def test_somebody_passes_and_what_is_not_known_yet_waits() -> None:
    assert require_member("group:a@example.org", "bucket b") == "group:a@example.org"
    declare(lambda: require_members([pulumi.Output.from_input("allUsers")], "bucket b"))
