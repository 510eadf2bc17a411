from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.kms.grants import ENCRYPT, SIGN, GrantArgs, KeyGrants
from tests.infra.engine import declare


def test_one_grant_a_member_and_never_administration() -> None:
    args = GrantArgs("k", {"pubsub": "serviceAccount:p", "run": "serviceAccount:r"})
    found = declare(lambda: KeyGrants("g", args) and None).of("CryptoKeyIAMMember")
    assert {each.name: each.inputs["member"] for each in found} == {
        "g-pubsub": "serviceAccount:p",
        "g-run": "serviceAccount:r",
    }
    assert {each.inputs["role"] for each in found} == {ENCRYPT}
    assert "admin" not in ENCRYPT + SIGN


def test_retained_with_their_key() -> None:
    args = GrantArgs("k", {"logging": "serviceAccount:l"}, retained=True)
    assert declare(lambda: KeyGrants("g", args) and None).one("CryptoKeyIAMMember").retained


def test_administration_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"roles/cloudkms\.admin"):
        GrantArgs("k", {"pubsub": "serviceAccount:p"}, "roles/cloudkms.admin")
