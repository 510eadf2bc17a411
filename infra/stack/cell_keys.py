"""A site's keys: `data` for what tenants share, `audit` for what outlives them, `evidence` to sign with."""

from __future__ import annotations

import pulumi

from infra.config import CellConfig
from infra.kms.grants import GrantArgs, KeyGrants
from infra.kms.ring import Purpose, Ring, RingArgs
from infra.profile import EXTERNAL
from infra.site import Site
from infra.stack.housing import Housing

ATTESTOR = "attestor"
"""The key that vouches for images, where the cell builds them."""


class Keys:
    """`backend` is the external key manager's connection, which the tenants' keys of this site use too."""

    def __init__(self, config: CellConfig, site: Site, housing: Housing) -> None:
        ready = tuple(housing.home.ready)
        self.backend = _backend(config, site, ready)
        self.ring = Ring(
            "cell",
            RingArgs(
                site,
                "cell",
                _purposes(config),
                config.profile.protection_level,
                ("audit", "evidence"),
                ready,
                backend=self.backend,
            ),
        )
        self._grants = {
            "data": KeyGrants("cell-data", GrantArgs(self.ring.keys["data"].id, _users(config, housing))),
            "audit": KeyGrants(
                "cell-audit", GrantArgs(self.ring.keys["audit"].id, _keepers(housing), retained=True)
            ),
        }

    def granted(self, key: str) -> tuple[pulumi.Resource, ...]:
        """What must exist before the key protects anything."""
        return tuple(self._grants[key].grants.values())


def _purposes(config: CellConfig) -> dict[str, Purpose]:
    found: dict[str, Purpose] = {
        "data": "ENCRYPT_DECRYPT",
        "audit": "ENCRYPT_DECRYPT",
        "evidence": "ASYMMETRIC_SIGN",
    }
    return {**found, ATTESTOR: "ASYMMETRIC_SIGN"} if config.delivery else found


def _users(config: CellConfig, housing: Housing) -> dict[str, pulumi.Input[str]]:
    agents = housing.home.agents
    cache = ("redis",) if config.cache else ()
    delivery = ("pubsub", "storage") if config.delivery else ()
    return {name: agents[name] for name in ("artifactregistry", "run", "sqladmin", *cache, *delivery)}


def _keepers(housing: Housing) -> dict[str, pulumi.Input[str]]:
    """Who keeps audit trails: topics of the outbox, stores or the audit trail's instance, log buckets."""
    agents = housing.home.agents
    # Without the Healthcare API the audit trail lies in Cloud SQL.
    names = ("healthcare" if "healthcare" in agents else "sqladmin", "logging", "pubsub")
    keepers: dict[str, pulumi.Input[str]] = {name: agents[name] for name in names}
    return keepers | {f"pubsub-{tenant}": each.agents["pubsub"] for tenant, each in housing.guests.items()}


def _backend(config: CellConfig, site: Site, ready: tuple[pulumi.Resource, ...]) -> pulumi.Output[str] | None:
    if config.profile.protection_level != EXTERNAL or config.ekm is None:
        return None
    from infra.kms.ekm import EkmConnection, EkmConnectionArgs

    ekm = config.ekm
    return EkmConnection(
        "ekm",
        EkmConnectionArgs(
            site,
            "ekm",
            str(ekm["serviceDirectory"]),
            str(ekm["hostname"]),
            (str(ekm["certificate"]),),
            crypto_space=str(ekm["cryptoSpace"]),
            depends_on=ready,
        ),
    ).id
