"""Named exceptions from default-deny egress, as data: to where, on which ports, and why. Checks 42, 46, 61.

Only ranges: names (FQDN objects) need a network firewall policy beside these rules, and Google resolves
them on its own schedule, so that what is open is never known from the program.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

import pulumi
from pulumi_gcp import compute

from infra.errors import ConfigError
from infra.network.ranges import is_public, require_port, require_ranges
from infra.site import Site

PRIORITY = 2000
"""Behind the rules for Google's APIs (1000), before the default deny (65534)."""
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,40}[a-z0-9])?")


@dataclass(frozen=True)
class EgressException:
    """`reason` is shown in the rule. From the day after `expires` the program refuses it. `tags` narrow it.

    `tags` are network tags of instances or of Cloud Run's interfaces; without them all of the network may go.
    """

    name: str
    ranges: tuple[str, ...]
    ports: tuple[str, ...]
    reason: str
    expires: datetime.date | None = None
    protocol: str = "tcp"
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigError(
                "exceptions.name", self.name, "lower-case letters, digits and hyphens, 42 at most"
            )
        key = f"exceptions.{self.name}"
        if not self.reason.strip():
            raise ConfigError(f"{key}.reason", None, "a sentence that says why")
        if self.protocol not in ("tcp", "udp"):
            raise ConfigError(f"{key}.protocol", self.protocol, ("tcp", "udp"))
        if not self.ports:
            raise ConfigError(f"{key}.ports", None, "at least one port")
        if self.expires is not None and self.expires < datetime.date.today():
            raise ConfigError(f"{key}.expires", self.expires.isoformat(), "a date from today on")
        require_ranges(f"{key}.ranges", self.ranges)
        for port in self.ports:
            require_port(f"{key}.ports", port)

    @property
    def public(self) -> tuple[str, ...]:
        """The ranges that are reached over the internet: each needs a route and Cloud NAT."""
        return tuple(each for each in self.ranges if is_public(each))


def require_distinct(exceptions: tuple[EgressException, ...]) -> None:
    names = [each.name for each in exceptions]
    if len(set(names)) < len(names):
        raise ConfigError("exceptions", names, "each name once")


@dataclass(frozen=True)
class ExceptionsArgs:
    site: Site
    network: pulumi.Input[str]
    exceptions: tuple[EgressException, ...]


class EgressExceptions(pulumi.ComponentResource):
    """A logged rule an exception, and a route for each public range: the network has no default route."""

    def __init__(self, name: str, args: ExceptionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:network:EgressExceptions", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        for each in args.exceptions:
            self._rule(each)
            self._routes(each)
        self.register_outputs({})

    def _rule(self, each: EgressException) -> None:
        until = f" Until {each.expires.isoformat()}." if each.expires else ""
        compute.Firewall(
            f"{self._name}-{each.name}",
            name=f"allow-{each.name}",
            description=f"{each.reason.strip()}{until}",
            project=self._args.site.project,
            network=self._args.network,
            direction="EGRESS",
            priority=PRIORITY,
            allows=[{"protocol": each.protocol, "ports": list(each.ports)}],
            destination_ranges=list(each.ranges),
            target_tags=list(each.tags) or None,
            log_config={"metadata": "INCLUDE_ALL_METADATA"},
            opts=self._child,
        )

    def _routes(self, each: EgressException) -> None:
        for number, destination in enumerate(each.public):
            compute.Route(
                f"{self._name}-{each.name}-{number}",
                name=f"egress-{each.name}-{number}",
                project=self._args.site.project,
                network=self._args.network,
                dest_range=destination,
                next_hop_gateway="default-internet-gateway",
                tags=list(each.tags) or None,
                opts=self._child,
            )
