from __future__ import annotations

from infra.network.dns import DnsArgs, RestrictedDns
from tests.infra.engine import declare
from tests.infra.sites import SITE


def test_zones_are_private_and_aliases_end_at_the_address() -> None:
    found = declare(lambda: RestrictedDns("d", DnsArgs(SITE, "net")) and None)
    assert {each.inputs["visibility"] for each in found.of("ManagedZone")} == {"private"}
    addresses = {each.inputs["name"] for each in found.of("RecordSet") if each.inputs["type"] == "A"}
    aliases = [each.inputs for each in found.of("RecordSet") if each.inputs["type"] == "CNAME"]
    assert all(alias["rrdatas"][0] in addresses for alias in aliases)
