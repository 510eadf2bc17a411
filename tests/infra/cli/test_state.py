from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.cli.state import State, load, read
from infra.errors import ConfigError
from tests.infra.cli.states import exported, reference, resource

RING = resource("careplane:kms:Ring", "keys")
KEY = resource("gcp:kms/cryptoKey:CryptoKey", "keys-clinical", {"purpose": "ENCRYPT_DECRYPT"}, RING["urn"])


def state() -> State:
    inner = resource("careplane:run:Service", "service")
    return read(
        exported(
            RING,
            KEY,
            inner,
            resource("careplane:monitoring:Alert", "alert", parent=inner["urn"]),
            resource("gcp:serviceaccount/account:Account", "lone"),
            resource("gcp:pubsub/topic:Topic", "replaced", delete=True),
            reference("local-cell"),
            {"urn": "urn:pulumi:s::careplane::pulumi:providers:gcp::default", "type": "pulumi:providers:gcp"},
            stack="local-tenant-lakeside",
            outputs={"tenant": "lakeside"},
        ),
        "given",
    )


def test_what_counts_is_googles_and_the_components() -> None:
    found = state()
    assert found.stack == "local-tenant-lakeside"
    assert [each.name for each in found.google] == ["keys-clinical", "lone"]
    assert found.outputs == {"tenant": "lakeside"}


def test_rooms_come_from_the_outermost_component_or_the_providers_module() -> None:
    rooms = {each.name: state().room(each) for each in state().resources}
    assert rooms == {
        "keys": "kms",
        "keys-clinical": "kms",
        "service": "run",
        "alert": "run",
        "lone": "identity",
    }


def test_inputs_come_before_what_google_made() -> None:
    both = resource("gcp:kms/cryptoKey:CryptoKey", "k", {"purpose": "MAC"})
    both["outputs"] = {"purpose": "x", "primary": 1}
    assert read(exported(both), "f").google[0].properties == {"purpose": "MAC", "primary": 1}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"deployment": []}', '{"deployment": {"resources": [1]}}']
)
def test_a_file_that_is_no_state(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"--state: .*pulumi stack export"):
        load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--state"):
        load(tmp_path / "none.json")


def test_a_stack_without_resources(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"deployment": {}}))
    assert load(path).resources == ()
