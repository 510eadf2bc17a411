"""From where and with what one may cross the perimeter: access levels by origin, address and device.

https://cloud.google.com/access-context-manager/docs/create-basic-access-level
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_gcp import accesscontextmanager

from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction

COMBINATIONS = ("AND", "OR")
MANAGEMENT = ("BASIC", "COMPLETE")
WIDEST_PREFIX = {4: 8, 6: 19}
"""Wider ranges are whole parts of the internet: refused."""
_MEMBER = re.compile(r"(user|serviceAccount):[^\s@]+@[^\s@]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")


@dataclass(frozen=True)
class Device:
    """What the device must be: encrypted and locked with a screen lock, managed as `management` lists."""

    management: tuple[str, ...] = ("COMPLETE",)
    corporate: bool = False
    """Owned by the organisation."""
    approved: bool = False
    """By an administrator."""

    def __post_init__(self) -> None:
        for each in self.management or (None,):
            if each not in MANAGEMENT:
                raise ConfigError("management", each, MANAGEMENT)

    def described(self) -> dict[str, Any]:
        return {
            "require_screen_lock": True,
            "allowed_encryption_statuses": ["ENCRYPTED"],
            "allowed_device_management_levels": list(self.management),
            "require_corp_owned": self.corporate or None,
            "require_admin_approval": self.approved or None,
        }


@dataclass(frozen=True)
class Condition:
    """All of what is given must hold. Nothing given would hold for everybody, so something must be."""

    countries: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    """CIDR, IPv4 or IPv6."""
    device: Device | None = None
    members: tuple[str, ...] = ()
    levels: tuple[pulumi.Input[str], ...] = ()
    """Other access levels, by full name."""

    def __post_init__(self) -> None:
        if not (self.countries or self.ranges or self.device or self.members or self.levels):
            raise ConfigError("condition", None, "countries, ranges, device, members or levels")
        for country in self.countries:
            if not re.fullmatch("[A-Z]{2}", country):
                raise ConfigError("countries", country, "ISO 3166-1 alpha-2 codes such as DE")
        for member in self.members:
            if not _MEMBER.fullmatch(member):
                raise ConfigError("members", member, "user:… or serviceAccount:…, no group")
        for each in self.ranges:
            _require_range(each)

    def described(self) -> Any:
        given = {
            "regions": list(self.countries),
            "ip_subnetworks": list(self.ranges),
            "device_policy": self.device and self.device.described(),
            "members": list(self.members),
            "required_access_levels": list(self.levels),
        }
        return {key: value for key, value in given.items() if value}


def inside(area: Jurisdiction) -> Condition:
    """Requests from the countries of a jurisdiction."""
    return Condition(countries=area.countries)


@dataclass(frozen=True)
class LevelArgs:
    """`policy` is the number of the access policy; `combine` joins the conditions."""

    policy: pulumi.Input[str]
    level: str
    conditions: tuple[Condition, ...]
    combine: str = "AND"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.level):
            raise ConfigError("level", self.level, "1 to 50 of A-Z, a-z, 0-9 and _, a letter first")
        if not self.conditions:
            raise ConfigError("conditions", None, "at least one Condition")
        if self.combine not in COMBINATIONS:
            raise ConfigError("combine", self.combine, COMBINATIONS)


class Level(pulumi.ComponentResource):
    """`name` is what a perimeter or an ingress rule lists."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: LevelArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:perimeter:Level", name, {}, opts)
        parent = pulumi.Output.concat("accessPolicies/", args.policy)
        self.name = accesscontextmanager.AccessLevel(
            name,
            parent=parent,
            name=pulumi.Output.concat(parent, "/accessLevels/", args.level),
            title=args.level,
            basic={
                "combining_function": args.combine,
                "conditions": [condition.described() for condition in args.conditions],
            },
            opts=pulumi.ResourceOptions(parent=self),
        ).name
        self.register_outputs({"name": self.name})


def _require_range(text: str) -> None:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise ConfigError("ranges", text, "CIDR with no host bits set, such as 192.0.2.0/24") from error
    if network.prefixlen < WIDEST_PREFIX[network.version]:
        raise ConfigError("ranges", text, f"/{WIDEST_PREFIX[network.version]} or narrower")
