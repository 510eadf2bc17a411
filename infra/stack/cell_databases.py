"""A site's Cloud SQL: the pooled instance or its copy, and where no Healthcare API is, the audit trail's."""

from __future__ import annotations

import pulumi

from infra.config import CellConfig
from infra.site import Site
from infra.sql.instance import Instance, InstanceArgs
from infra.sql.options import InstanceOptions
from infra.sql.replica import Replica, ReplicaArgs
from infra.stack.cell_keys import Keys
from infra.stack.housing import Housing
from infra.stack.upstream import Upstream

Reached = dict[str, pulumi.Output[str]]
"""`instance`, `host`, `certificates`: what a client of a database must know."""


class Databases:
    """Either is None where the profile has no use for it."""

    def __init__(
        self, config: CellConfig, site: Site, housing: Housing, keys: Keys, first: Upstream | None
    ) -> None:
        self._config, self._site, self._housing, self._keys = config, site, housing, keys
        self.pooled: Reached | None = None
        self.audit: Reached | None = None
        if "pooled" in config.profile.placements:
            self.pooled = self._copy(first) if first else self._instance("pooled", "data")
        if config.profile.fhir == "runtime":
            # Every record is in the locked log bucket too; the searchable copy outlives its instance a year.
            kept = InstanceOptions(final_backup_days=365)
            self.audit = self._instance("audit", "audit", kept)

    def _instance(self, name: str, key: str, options: InstanceOptions | None = None) -> Reached:
        instance = Instance(
            name,
            InstanceArgs(
                self._site,
                name,
                self._housing.network,
                self._keys.ring.keys[key].id,
                self._housing.administrator.user,
                self._config.profile,
                self._backup_region,
                (*self._housing.private_services, *self._keys.granted(key)),
                options or InstanceOptions(),
            ),
        )
        return reached(instance)

    def _copy(self, first: Upstream) -> Reached:
        """Follows the first site's instance until the site's tenants are promoted."""
        replica = Replica(
            "pooled",
            ReplicaArgs(
                self._site,
                f"pooled-{self._config.site}",
                first.entry("pooled", "instance"),
                self._first_region,
                self._housing.network,
                self._keys.ring.keys["data"].id,
                self._config.profile,
                self._backup_region,
                self._config.promoted,
                depends_on=self._keys.granted("data"),
            ),
        )
        return reached(replica)

    @property
    def _backup_region(self) -> str:
        return self._config.jurisdiction.partner(self._config.region)

    @property
    def _first_region(self) -> str:
        assert self._config.paired_region, "a paired cell's region is required with its stack"
        return self._config.paired_region


def reached(instance: Instance | Replica) -> Reached:
    return {
        "instance": instance.name,
        "host": instance.host,
        "certificates": instance.certificates,
    }
