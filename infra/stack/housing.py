"""The projects and the network that a cell stands in: made by the first site, shared by the second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import pulumi

from infra.stack.home import CELL


class KnownProject(Protocol):
    """A project made here or by the paired cell; `ready` is what everything in it waits for."""

    @property
    def project(self) -> pulumi.Output[str]: ...

    @property
    def number(self) -> pulumi.Output[str]: ...

    @property
    def agents(self) -> Mapping[str, pulumi.Output[str]]: ...

    @property
    def ready(self) -> list[pulumi.Resource]: ...


@dataclass(frozen=True)
class SharedProject:
    """A project of the paired cell's stack."""

    project: pulumi.Output[str]
    number: pulumi.Output[str]
    agents: Mapping[str, pulumi.Output[str]]
    ready: list[pulumi.Resource]


@dataclass(frozen=True)
class Administrator:
    """The identity that grants tenants their databases."""

    email: pulumi.Output[str]
    user: pulumi.Output[str]


@dataclass(frozen=True)
class Housing:
    """`private_services` must exist before an instance with a private address; `guests` by tenant."""

    home: KnownProject
    guests: Mapping[str, KnownProject]
    network: pulumi.Output[str]
    subnetwork: pulumi.Output[str]
    administrator: Administrator
    perimeter: pulumi.Output[str]
    private_services: tuple[pulumi.Resource, ...] = ()

    @property
    def projects(self) -> dict[str, KnownProject]:
        return {CELL: self.home, **self.guests}
