from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from evidence.signature import verify
from infra.cli import offboard, offboard_state
from infra.cli.errors import CliError, EngineFailed
from infra.cli.events import Outcome
from infra.cli.google import ApiFailed
from infra.cli.main import main
from infra.cli.offboard import Changed, Offboarding, Spoilt, TooLate
from infra.cli.offboard_cipher import Recipient
from infra.cli.offboard_freeze import PastReturn, StillWritable, reopen
from infra.cli.offboard_keys import NoSigningKey
from infra.cli.offboard_source import Source
from infra.cli.places import STACKS, Stack, stacks
from tests.infra.cli.fake_google import GONE, FakeKms, service
from tests.infra.cli.fake_pulumi import FakePulumi, Result, creates
from tests.infra.cli.test_offboard_cipher import pair

STACK, CELL = "local-tenant-lakeside", "local-cell"
RING = "projects/careplane-cell/locations/europe-west3/keyRings/lakeside"
KEYS = {name: f"{RING}/cryptoKeys/{name}" for name in ("clinical", "fields", "token")}
SIGNING = "projects/careplane-cell/locations/europe-west3/keyRings/cell/cryptoKeys/evidence"
RESOURCES = [
    {"urn": "u::ring", "type": "gcp:kms/keyRing:KeyRing", "id": RING, "custom": True, "protect": True},
    {"urn": "u::docs", "type": "gcp:storage/bucket:Bucket", "id": "docs", "custom": True, "protect": True},
]


@dataclass(frozen=True)
class FakeSource(Source):
    """Exports nothing real; `written` is what was changed afterwards, from one question to the next."""

    exports: list[str] = field(default_factory=list)
    written: list[int] = field(default_factory=list)

    def export(
        self, tenant: str, outputs: dict[str, Any], to: Recipient, folder: Path, say: Callable[[str], None]
    ) -> dict[str, Any]:
        self.exports.append(outputs["fhirUrl"])
        (folder / "export.careplane").write_bytes(b"sealed")
        counts = {"records": {"Patient": 2}, "documents": 1, "auditEvents": 3}
        return {
            "archive": "export.careplane", "sha256": "0", "begun": "b", "verified": "v", "counts": counts,
        }  # fmt: skip

    def written_since(self, outputs: dict[str, Any], instant: str) -> int:
        assert instant == "b"
        return self.written.pop(0) if self.written else 0

    def changes(self, outputs: dict[str, Any], export: dict[str, Any]) -> list[str]:
        assert export["begun"] == "b"
        count = self.written.pop(0) if self.written else 0
        return [f"Patient: {count} more"] if count else []

    def intact(self, folder: Path, export: dict[str, Any]) -> bool:
        return (folder / export["archive"]).read_bytes() == b"sealed"


@dataclass
class Leaving:
    """One tenant's off-boarding, as often as a test runs it; `again` is a new process with the same disk."""

    folder: Path
    kms: FakeKms
    pulumi: FakePulumi
    source: FakeSource
    to: Recipient | None
    reason: str = ""
    said: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    frozen: bool = False
    """Whether the stack is as the last update made it, so that a preview finds nothing."""

    def stacks(self) -> dict[str, Stack]:
        return {each.name: each for each in stacks("local", self.folder / "stacks") if each.name == STACK}

    def run(self, result: Result = creates) -> Path:
        def engine_does(verb: str, stack: str) -> Outcome:
            if verb == "preview" and self.frozen:
                result(verb, stack)
                return Outcome()
            done = result(verb, stack)
            self.frozen = self.frozen or (verb == "up" and not done.errors)
            return done

        engine = FakePulumi(
            self.folder, result=engine_does, states=self.pulumi.states, told=self.pulumi.told,
            commands=self.pulumi.commands,
        )  # fmt: skip
        file = offboard_state.path(self.folder, "local", "lakeside")
        found = self.stacks()
        state = offboard_state.load(file) or offboard.begin(
            file, "local", "lakeside", self.folder / "out", list(found.values())
        )
        return Offboarding(
            engine, self.kms, self.source, found, state, self.to, self.reason, self.said.append,
            pause=self.waited.append,
        ).run()  # fmt: skip

    def state(self) -> offboard_state.OffboardState | None:
        return offboard_state.load(offboard_state.path(self.folder, "local", "lakeside"))

    def config(self, name: str) -> dict[str, Any]:
        """What the engine was told in a copy of the stack file."""
        found: dict[str, Any] = yaml.safe_load((self.folder / f"Pulumi.{STACK}.{name}.yaml").read_text())
        return dict(found["config"])

    def certificate(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "out/certificate/certificate.json").read_text())
        return found


@pytest.fixture
def leaving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Leaving:
    monkeypatch.setenv("PULUMI_BACKEND_URL", tmp_path.as_uri())
    (tmp_path / "stacks").mkdir()
    (tmp_path / "out").mkdir()
    for path in STACKS.glob("Pulumi.local-*.yaml"):
        (tmp_path / "stacks" / path.name).write_text(path.read_text())
    names = [f"{key}/cryptoKeyVersions/{number}" for key in KEYS.values() for number in (1, 2)]
    signing = f"{SIGNING}/cryptoKeyVersions/1"
    kms = FakeKms({}, "", versions={name: "ENABLED" for name in [*names, signing]})
    outputs = {
        "tenant": "lakeside",
        "fhirUrl": "http://lakeside/fhir",
        "keys": KEYS,
        "project": "careplane-cell",
        "locations": ["europe-west3"],
    }
    pulumi = FakePulumi(
        tmp_path,
        states={STACK: RESOURCES},
        told={STACK: outputs, CELL: {"keys": {"evidence": SIGNING}}},
    )
    key = X25519PrivateKey.generate().public_key()
    return Leaving(tmp_path, kms, pulumi, FakeSource(kms, "token"), key)


def test_the_certificate_says_what_is_gone_and_when_the_keys_are_and_is_signed_by_the_cell(
    leaving: Leaving,
) -> None:
    pack = leaving.run()
    told = leaving.certificate()
    assert verify(pack) == f"{SIGNING}/cryptoKeyVersions/1"
    assert told["keysGoneAfter"] == GONE
    stack = told["stacks"][0]
    assert [each["id"] for each in stack["destroyed"]] == ["docs"]
    assert [each["id"] for each in stack["survivors"]] == [RING]
    assert len(stack["keys"]) == 6 and {each["state"] for each in stack["keys"]} == {"DESTROY_SCHEDULED"}
    assert stack["protectionLifted"] < stack["keysScheduled"] < stack["destroyedAt"]


def test_writes_stop_then_export_then_protection_then_keys_then_the_stack(leaving: Leaving) -> None:
    leaving.run()
    assert leaving.source.exports == ["http://lakeside/fhir"]
    assert leaving.pulumi.commands == [
        ("preview", STACK),
        ("up", STACK),
        ("preview", STACK),
        ("up", STACK),
        ("destroy", STACK),
        ("stack rm", STACK),
    ]
    assert leaving.stacks() == {}


def test_the_cells_own_keys_are_left_alone(leaving: Leaving) -> None:
    leaving.run()
    assert leaving.kms.versions[f"{SIGNING}/cryptoKeyVersions/1"] == "ENABLED"


def test_what_was_written_after_the_export_stops_it_before_protection_is_lifted(leaving: Leaving) -> None:
    leaving.source.written.append(2)
    with pytest.raises(Changed, match=r"changed .* \(2 resources"):
        leaving.run()
    assert leaving.pulumi.touched() == [STACK] and leaving.kms.destroyed() == []
    assert leaving.pulumi.states[STACK] == RESOURCES, "as protected as before"
    leaving.run()
    assert len(leaving.source.exports) == 2


def test_the_service_refuses_writes_before_anything_is_read_and_until_the_stack_is_gone(
    leaving: Leaving,
) -> None:
    path = leaving.folder / "stacks" / f"Pulumi.{STACK}.yaml"
    document = yaml.safe_load(path.read_text())
    document["config"] |= {"careplane:revision": "blue", "careplane:traffic": {"lakeside-green": 100}}
    path.write_text(yaml.safe_dump(document))
    leaving.run()
    for name in ("frozen", "decommission"):
        told = leaving.config(name)
        assert told["careplane:readOnly"] == "true", name
        assert not {"careplane:revision", "careplane:traffic"} & set(told), "all go to the latest revision"
    assert "careplane:decommission" not in leaving.config("frozen")


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (service(read_only=False), "its latest revision is not read-only"),
        (service(latestReadyRevision="…/lakeside-00001-old"), "its latest revision is not ready"),
        (
            service(trafficStatuses=[{"revision": "lakeside-00001-old", "percent": 10, "tag": "old"}]),
            r"requests reach other revisions \(lakeside-00001-old\)",
        ),
    ],
)
def test_a_service_that_still_takes_writes_stops_it_before_the_export(
    leaving: Leaving, found: dict[str, Any], why: str
) -> None:
    leaving.kms = replace(leaving.kms, service=found)
    with pytest.raises(StillWritable, match=why):
        leaving.run()
    assert leaving.source.exports == [] and leaving.kms.destroyed() == []


def test_a_service_that_is_opened_meanwhile_stops_it_before_the_keys(leaving: Leaving) -> None:
    def opens(verb: str, stack: str) -> Outcome:
        if verb == "up" and leaving.frozen:
            leaving.kms.service.update(service(read_only=False))
        return creates(verb, stack)

    with pytest.raises(StillWritable):
        leaving.run(opens)
    assert leaving.kms.destroyed() == []


def test_requests_that_began_before_are_waited_for_before_the_last_look(leaving: Leaving) -> None:
    leaving.run()
    (waited,) = leaving.waited
    assert 290 < waited <= 300, "as long as the service allows a request"


def test_an_up_in_between_opens_it_so_that_it_is_frozen_and_exported_anew(leaving: Leaving) -> None:
    leaving.source.written.extend([0, 1])
    with pytest.raises(Changed):
        leaving.run()
    leaving.source.written.append(1)
    with pytest.raises(Changed):
        leaving.run()
    leaving.frozen = False
    before = len(leaving.source.exports)
    leaving.run()
    assert len(leaving.source.exports) == before + 1
    assert leaving.pulumi.touched()[-2:] == [STACK, STACK], "frozen and lifted again"


def test_stopped_while_it_is_read_only_it_says_how_to_open_it_again(leaving: Leaving) -> None:
    leaving.source.written.append(1)
    with pytest.raises(Changed):
        leaving.run()
    assert "tenant offboard lakeside --place local --reopen" in leaving.said[-1]


def test_nothing_is_frozen_where_nothing_is_kept(leaving: Leaving) -> None:
    leaving.to, leaving.reason = None, "a test tenant"
    leaving.run()
    assert leaving.pulumi.touched() == [STACK] and leaving.waited == []


def test_opened_again_it_is_as_the_committed_file_says_and_as_if_it_had_never_begun(
    leaving: Leaving,
) -> None:
    leaving.source.written.append(1)
    with pytest.raises(Changed):
        leaving.run()
    state = leaving.state()
    assert state is not None
    commands = len(leaving.pulumi.commands)
    reopen(leaving.pulumi, leaving.stacks(), state)
    assert leaving.pulumi.commands[commands:] == [("preview", STACK), ("up", STACK)]
    assert leaving.state() is None


def test_once_keys_are_given_up_it_is_not_opened_again(leaving: Leaving) -> None:
    refused = f"{KEYS['token']}/cryptoKeyVersions/2"
    leaving.kms = replace(leaving.kms, refuse=refused)
    with pytest.raises(ApiFailed):
        leaving.run()
    assert "--reopen" not in "".join(leaving.said)
    state = leaving.state()
    assert state is not None
    with pytest.raises(PastReturn):
        reopen(leaving.pulumi, leaving.stacks(), state)


def test_what_was_written_while_protection_was_lifted_stops_it_before_the_keys(leaving: Leaving) -> None:
    leaving.source.written.extend([0, 1])
    with pytest.raises(Changed, match="Patient: 1 more"):
        leaving.run()
    assert leaving.kms.destroyed() == [] and leaving.pulumi.touched("destroy") == []


def test_a_key_that_google_refuses_to_destroy_leaves_the_stack_and_no_certificate(leaving: Leaving) -> None:
    refused = f"{KEYS['token']}/cryptoKeyVersions/2"
    leaving.kms = FakeKms({}, "", versions=leaving.kms.versions, refuse=refused)
    with pytest.raises(ApiFailed):
        leaving.run()
    assert leaving.pulumi.touched("destroy") == []
    assert not (leaving.folder / "out/certificate").exists()


def test_stopped_while_destroying_it_goes_on_without_exporting_or_lifting_again(leaving: Leaving) -> None:
    def broken(verb: str, stack: str) -> Outcome:
        return Outcome(errors=["killed"]) if verb == "destroy" else creates(verb, stack)

    with pytest.raises(EngineFailed):
        leaving.run(broken)
    ordered = leaving.kms.destroyed()
    leaving.run()
    assert len(leaving.source.exports) == 1 and leaving.pulumi.touched("up") == [STACK, STACK]
    assert leaving.kms.destroyed() == ordered and len(ordered) == 6
    assert leaving.certificate()["stacks"][0]["destroyed"] == [
        {"type": "gcp:storage/bucket:Bucket", "id": "docs"}
    ]


def test_an_export_that_was_changed_on_disk_is_made_anew(leaving: Leaving) -> None:
    leaving.source.written.extend([0, 1])
    with pytest.raises(Changed):
        leaving.run()
    (leaving.folder / "out/export.careplane").write_bytes(b"other")
    leaving.run()
    assert len(leaving.source.exports) == 2


def stopped(verb: str, stack: str) -> Outcome:
    """An engine that is killed before it changes anything."""
    return Outcome(errors=["killed"])


def test_another_recipient_on_a_repeat_gets_an_export_of_its_own(leaving: Leaving) -> None:
    leaving.source.written.append(1)
    with pytest.raises(Changed):
        leaving.run()
    leaving.to = X25519PrivateKey.generate().public_key()
    leaving.run()
    assert len(leaving.source.exports) == 2


def test_an_export_that_is_asked_for_on_a_repeat_is_made(leaving: Leaving) -> None:
    recipient, leaving.to, leaving.reason = leaving.to, None, "a test tenant"
    with pytest.raises(EngineFailed):
        leaving.run(stopped)
    leaving.to = recipient
    leaving.run()
    assert len(leaving.source.exports) == 1
    assert leaving.certificate()["export"]["archive"] == "export.careplane"


def test_once_keys_are_given_up_another_choice_is_refused(leaving: Leaving) -> None:
    refused = f"{KEYS['token']}/cryptoKeyVersions/2"
    sound, leaving.kms = leaving.kms, FakeKms({}, "", versions=leaving.kms.versions, refuse=refused)
    with pytest.raises(ApiFailed):
        leaving.run()
    leaving.kms, leaving.to = sound, X25519PrivateKey.generate().public_key()
    with pytest.raises(TooLate):
        leaving.run()


def test_stopped_while_giving_up_keys_it_goes_on_though_the_endpoint_is_gone(leaving: Leaving) -> None:
    refused = f"{KEYS['token']}/cryptoKeyVersions/2"
    sound, leaving.kms = leaving.kms, FakeKms({}, "", versions=leaving.kms.versions, refuse=refused)
    with pytest.raises(ApiFailed):
        leaving.run()
    leaving.kms = sound
    leaving.source.written.append(1)
    leaving.run()
    assert leaving.source.written == [1], "the endpoint was asked"
    assert leaving.kms.destroyed() == [f"{refused}:destroy"], "the others were ordered before"
    assert len(leaving.certificate()["stacks"][0]["keys"]) == 6


def test_export_that_is_spoilt_before_the_keys_keeps_them(leaving: Leaving) -> None:
    def spoils(verb: str, stack: str) -> Outcome:
        if leaving.source.exports:
            (leaving.folder / "out/export.careplane").write_bytes(b"other")
        return creates(verb, stack)

    with pytest.raises(Spoilt):
        leaving.run(spoils)
    assert leaving.kms.destroyed() == [] and leaving.pulumi.touched("destroy") == []


def test_nothing_is_certified_for_an_export_that_is_spoilt_after_the_keys(leaving: Leaving) -> None:
    def spoils(verb: str, stack: str) -> Outcome:
        if verb == "destroy":
            (leaving.folder / "out/export.careplane").write_bytes(b"other")
        return creates(verb, stack)

    with pytest.raises(Spoilt):
        leaving.run(spoils)
    assert not (leaving.folder / "out/certificate").exists()


def test_without_an_export_the_reason_is_in_the_certificate(leaving: Leaving) -> None:
    leaving.to, leaving.reason = None, "a test tenant"
    leaving.run()
    assert leaving.source.exports == []
    assert leaving.certificate()["export"] == {"none": "a test tenant"}


def test_without_a_signing_key_in_the_cell_nothing_is_touched(leaving: Leaving) -> None:
    leaving.pulumi.told[CELL] = {"keys": {}}
    with pytest.raises(NoSigningKey, match="infra up --stack local-cell"):
        leaving.run()
    assert leaving.source.exports == [] and leaving.pulumi.commands == []


def test_a_stack_that_was_never_up_is_refused(leaving: Leaving) -> None:
    leaving.pulumi.told[STACK] = {}
    with pytest.raises(CliError, match="never up"):
        leaving.run()


class TestBadInput:
    @pytest.fixture
    def key(self, tmp_path: Path) -> str:
        return str(pair(tmp_path, X25519PrivateKey.generate())[0])

    def refused(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
        assert main(["tenant", "offboard", *arguments]) == 2
        return capsys.readouterr().err

    def test_unknown_tenant(self, capsys: pytest.CaptureFixture[str], tmp_path: Path, key: str) -> None:
        said = self.refused(capsys, "nobody", "--out", str(tmp_path / "o"), "--recipient-key", key)
        assert "'nobody' is not allowed; allowed: lakeside, riverside" in said
        assert not (tmp_path / "o").exists()

    def test_neither_a_key_nor_no_export(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        assert "one of them" in self.refused(capsys, "lakeside", "--out", str(tmp_path))

    def test_both(self, capsys: pytest.CaptureFixture[str], tmp_path: Path, key: str) -> None:
        said = self.refused(capsys, "lakeside", "--out", str(tmp_path), "--recipient-key", key, "--no-export")
        assert "one of them" in said

    def test_no_export_without_a_reason(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        said = self.refused(capsys, "lakeside", "--out", str(tmp_path), "--no-export", "--reason", " ")
        assert "--reason" in said

    def test_a_recipient_that_is_no_key(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        (tmp_path / "key").write_text("x")
        said = self.refused(
            capsys, "lakeside", "--out", str(tmp_path), "--recipient-key", str(tmp_path / "key")
        )
        assert "X25519" in said
