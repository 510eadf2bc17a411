"""A pack with a secret or a canary in it is refused, and the value is not repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policies.errors import PolicyError
from policies.evidence.secrets import of_state, refuse
from tests.policies.state_example import SECRET, exported

SHOWN = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
         "plaintext": json.dumps({"user": "root-user", "keys": ["hunter22", "x"]})}  # fmt: skip


def test_the_secrets_of_a_state_are_found_as_they_stand() -> None:
    raw = exported(("gcp:sql/user:User", "u", {"password": SECRET, "deep": [{"more": SHOWN}]}))
    assert of_state(raw) == {"v1:abc", "root-user", "hunter22"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a hunter22 b", "logs/a.txt: holds a secret of the state"),
        ("v1:abc/+=:def", "logs/a.txt: holds a secret of the state"),
        ('pass\\"word', "logs/a.txt: holds a secret of the state"),
        ("Jane Canary", "logs/a.txt: holds a canary: patient data"),
        ("-----BEGIN RSA PRIVATE KEY-----", "holds what looks like a private key"),
        ("ya29.abcdefghijklmnopqrstuv", "holds what looks like an access token of Google's"),
        (f"AIza{'a' * 35}", "holds what looks like an API key of Google's"),
        ("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0x.c2lnbmF0dXJl", "holds what looks like a signed token"),
    ],
)
def test_what_must_not_be_in_a_pack(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.txt").write_text(f"before {text} after")
    with pytest.raises(PolicyError, match=said) as caught:
        refuse(tmp_path, {"hunter22", "v1:abc/+=:def", 'pass"word'}, ["Jane Canary"])
    assert text not in str(caught.value)


def test_a_clean_pack_passes(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("-----BEGIN PUBLIC KEY----- eyJ and ya29. and AIza are words")
    refuse(tmp_path, {"hunter22"}, ["Jane Canary", ""])
