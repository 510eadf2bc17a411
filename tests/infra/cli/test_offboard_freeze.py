from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.cli.events import Outcome
from infra.cli.offboard_freeze import LONGEST_WRITE, StillWritable, freeze, remaining, require
from infra.cli.places import STACKS, Stack, stacks
from infra.run.service import REQUEST_SECONDS
from runtime.middleware.time_limit import SECONDS
from tests.infra.cli.fake_google import LATEST, FakeKms, service
from tests.infra.cli.fake_pulumi import FakePulumi

STACK = "local-tenant-lakeside"
OUTPUTS = {"project": "p", "locations": ["europe-west3", "europe-west4"], "tenant": "lakeside"}


@pytest.fixture
def stack() -> Stack:
    return next(each for each in stacks("local", STACKS) if each.name == STACK)


def google(**found: Any) -> FakeKms:
    return FakeKms({}, "", service=service(**found))


def test_nothing_is_updated_where_it_is_read_only_already(tmp_path: Path, stack: Stack) -> None:
    pulumi = FakePulumi(tmp_path, result=lambda verb, name: Outcome())
    assert not freeze(pulumi, stack, False)
    assert pulumi.touched() == []


def test_lifted_protection_stays_lifted(tmp_path: Path, stack: Stack) -> None:
    for lifted in (True, False):
        assert freeze(FakePulumi(tmp_path, states={STACK: []}), stack, lifted)
        written = (tmp_path / f"Pulumi.{STACK}.frozen.yaml").read_text()
        assert ("careplane:decommission" in written) is lifted


@pytest.mark.parametrize(("timeout", "seconds"), [("3600s", 300.0), ("300s", 300.0), ("60s", 60.0)])
def test_the_service_of_the_stacks_own_site_is_asked_for_its_timeout(timeout: str, seconds: float) -> None:
    found = service()
    kms = google(template={**found["template"], "timeout": timeout})
    assert require(kms, STACK, OUTPUTS) == seconds, "a write ends before a file of an export must"
    assert kms.calls == [("GET", "projects/p/locations/europe-west3/services/lakeside")]


def test_the_runtime_ends_a_write_in_that_time_and_cloud_run_allows_a_file_more() -> None:
    assert LONGEST_WRITE == SECONDS < REQUEST_SECONDS <= 3600


def test_it_waits_while_cloud_run_is_still_at_it() -> None:
    kms = google(reconciling=True)

    def pause(seconds: float) -> None:
        kms.service["reconciling"] = False

    assert require(kms, STACK, OUTPUTS, pause) == 300.0


@pytest.mark.parametrize(
    "share",
    [{"revision": "lakeside-00001-old", "percent": 1}, {"revision": "lakeside-00001-old", "tag": "blue"}],
)
def test_an_old_revision_with_a_share_or_an_address_of_its_own(share: dict[str, Any]) -> None:
    shares = [{"type": LATEST, "percent": 99}, share]
    with pytest.raises(StillWritable, match="lakeside-00001-old"):
        require(google(trafficStatuses=shares), STACK, OUTPUTS)


def test_the_latest_revision_by_its_name() -> None:
    kms = google(trafficStatuses=[{"revision": "lakeside-00002-abc", "percent": 100}])
    assert require(kms, STACK, OUTPUTS)


def test_a_service_without_an_environment(stack: Stack) -> None:
    kms = google()
    bare = {**kms.service, "template": {"containers": [{"image": "i"}]}}
    with pytest.raises(StillWritable, match="not read-only"):
        require(replace(kms, service=bare), STACK, OUTPUTS)


def test_what_is_left_of_the_time_that_a_request_may_take() -> None:
    frozen = "2026-11-25T14:00:00.000+00:00"
    assert remaining(frozen, 300, "2026-11-25T14:01:40.000+00:00") == 200
    assert remaining(frozen, 300, "2026-11-25T14:30:00.000+00:00") == 0
