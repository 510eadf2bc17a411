from __future__ import annotations

from typing import Any

import pytest

from infra.errors import ConfigError
from infra.stack.tenant_watch import watch
from tests.infra.engine import Declared, declare
from tests.infra.stack.parts import tenant_config


def watched(stack: str = "us-tenant-riverside", **changes: Any) -> Declared:
    config = tenant_config(stack, **changes)
    return declare(lambda: watch(config))


def test_dead_letters_levels_and_the_endpoint_are_watched_and_tell_the_contacts() -> None:
    found = watched()
    alerts = {each.name for each in found.of("AlertPolicy")}
    assert {
        "dead-letters",
        "audit-dead-letters",
        "slo-availability-fast",
        "slo-latency-slow",
        "uptime",
    } <= alerts
    assert all(each.inputs["notificationChannels"] for each in found.of("AlertPolicy"))
    checked = found.one("UptimeCheckConfig").inputs["monitoredResource"]["labels"]
    assert checked["host"] == "riverside.us.ehr.example.org"


def test_a_standby_is_not_asked_from_outside_until_it_serves() -> None:
    assert not watched("us-tenant-riverside-2").of("UptimeCheckConfig")
    assert watched("us-tenant-riverside-2", active="true").of("UptimeCheckConfig")


def test_both_sites_of_a_project_are_told_apart() -> None:
    one, other = watched(), watched("us-tenant-riverside-2")
    for kind, key in (("CustomService", "serviceId"), ("NotificationChannel", "displayName")):
        assert one.one(kind).inputs[key] != other.one(kind).inputs[key]
    (filters,) = [
        each.inputs["conditions"][0]["conditionThreshold"]["filter"]
        for each in other.of("AlertPolicy")
        if each.name == "dead-letters"
    ]
    assert "riverside-2-dead-letters" in filters


def test_without_a_domain_nobody_outside_can_ask() -> None:
    assert not watched(domain=None).of("UptimeCheckConfig")


def test_a_contact_that_is_no_address() -> None:
    with pytest.raises(ConfigError, match="careplane:contacts"):
        watched(contacts=["on call"])
