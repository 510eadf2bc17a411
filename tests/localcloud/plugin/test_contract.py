"""The official program through our plugin: the same requests and the same outputs, type by type.

What is compared: every distinct request (verb, path, query, body) of the four recorded commands, and
every output property of `state.json`. Values that say when (etags, fingerprints, the next rotation)
and the order of Terraform's sets are set aside; how often a request was repeated while the published
provider waited for Google to settle is not compared.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from localcloud.plugin.catalogue import tokens
from tests.localcloud.plugin.contract import PHASES, Contract, Phase
from tests.shared_data import shared

FLOOR = 1.0
"""Share of the official requests and outputs below which a change is a step back."""

KNOWN_GAPS: dict[str, tuple[str, ...]] = {phase: () for phase in PHASES}
"""Problems that are accepted, by phase, as they are printed."""

NOT_KEPT_BY_GOOGLE = {
    "gcp:cloudrunv2/job:Job::job": {"deletionProtection"},
    "gcp:cloudrunv2/service:Service::svc": {"deletionProtection"},
    "gcp:compute/network:Network::net": {"deleteDefaultRoutesOnCreate"},
    "gcp:organizations/folder:Folder::folder": {"deletionProtection"},
    "gcp:secretmanager/secretVersion:SecretVersion::secver": {"secretData"},
    "gcp:servicenetworking/connection:Connection::psa": {"deletionPolicy"},
}
"""What an import cannot know and therefore shows as a change: the provider's own switches, secret data."""


@pytest.fixture(scope="module")
def contract() -> Iterator[Contract]:
    made = Contract(shared("gcp/official-provider"))
    made.run()
    for name, phase in made.phases.items():
        print(
            f"\n{name}: {phase.share:.1%} of {len(phase.official)} requests, {len(phase.extra)} of our own",
            end="",
        )
        if phase.outputs["equal"]:
            print(f", {phase.outputs_share:.1%} of {phase.outputs.total()} outputs", end="")
    print(f"\n{len({r.token for r in made.resources})} recorded types, {len(tokens())} supported")
    yield made


@pytest.mark.parametrize("name", PHASES)
def test_sends_every_request_that_the_official_provider_sent(contract: Contract, name: str) -> None:
    phase = contract.phases[name]
    assert phase.share >= FLOOR, "\n".join(phase.missing)


@pytest.mark.parametrize("name", PHASES)
def test_sends_no_request_of_its_own(contract: Contract, name: str) -> None:
    assert contract.phases[name].extra == []


@pytest.mark.parametrize("name", PHASES)
def test_ends_with_the_same_inputs_ids_and_outputs(contract: Contract, name: str) -> None:
    phase: Phase = contract.phases[name]
    assert [p for p in phase.problems if p not in KNOWN_GAPS[name]] == []


def test_finds_the_same_changes(contract: Contract) -> None:
    counted = contract.phases["3-update"].outputs
    assert (counted["updated"], counted["replaced"]) == (19, 1)


def test_supports_every_recorded_type(contract: Contract) -> None:
    assert {resource.token for resource in contract.resources} <= set(tokens())


def test_imports_by_id_what_then_needs_no_change() -> None:
    contract = Contract(shared("gcp/official-provider"))
    with contract.replaying() as (engine, server):
        for resource in contract.resources:
            server.replay = contract.recording("2-refresh")
            id, outputs, inputs = engine.read(resource.token, resource.name, resource.recorded_id, {}, {})
            assert id == resource.recorded_id, resource.who
            news, failures = engine.check(resource.token, resource.name, contract.asked[resource.who], inputs)
            found = engine.diff(resource.token, resource.name, id, outputs, inputs, news)
            assert not failures
            assert set(found.detailedDiff) == NOT_KEPT_BY_GOOGLE.get(resource.who, set()), resource.who
