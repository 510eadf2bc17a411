"""A tenant's keys, one for each class of data, and the grants without which Google protects nothing."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.config import TenantConfig
from infra.kms.grants import SIGN, VIEW, GrantArgs, KeyGrants
from infra.kms.ring import Purpose, Ring, RingArgs
from infra.profile import EXTERNAL
from infra.recovery.keys import RecoverableKeys, RecoverableKeysArgs
from infra.site import Site
from infra.stack.home import Home
from infra.stack.tenant_identity import Identity
from infra.stack.upstream import Upstream


@dataclass(frozen=True)
class Keys:
    """By full name. `ready`: the grants that must exist before what the keys protect.

    Where a second site can take over, `documents` is another than `clinical`, and `secrets` the key of the
    secret's copy in the partner's region.
    """

    clinical: pulumi.Output[str]
    fields: pulumi.Output[str]
    token: pulumi.Output[str]
    documents: pulumi.Output[str]
    secrets: pulumi.Output[str] | None
    ready: tuple[pulumi.Resource, ...]

    @property
    def named(self) -> dict[str, pulumi.Output[str]]:
        """The contract's output `keys`: every key of the tenant's, for all of them go when it leaves."""
        found = {"clinical": self.clinical, "fields": self.fields, "token": self.token}
        if self.secrets is not None:
            found |= {"documents": self.documents, "secrets": self.secrets}
        return found

    @property
    def environment(self) -> dict[str, pulumi.Input[str]]:
        return {"CAREPLANE_FIELD_KEY": self.fields, "CAREPLANE_TOKEN_KEY": self.token}


def keys(config: TenantConfig, site: Site, home: Home, identity: Identity, first: Upstream | None) -> Keys:
    if first is not None:
        return _second(config, site, home, first)
    shared = ("fields", "token") if not config.recoverable else ()
    ring = _ring(config, site, home, ("clinical", *shared))
    clinical = ring.keys["clinical"].id
    ready = _grant("clinical", clinical, _agents(config, home))
    if not config.recoverable:
        fields, token = ring.keys["fields"].id, ring.keys["token"].id
        ready += _own(identity, fields, token)
        return Keys(clinical, fields, token, clinical, None, ready)
    more = RecoverableKeys(
        "recoverable",
        RecoverableKeysArgs(site, config.tenant, config.paired_region or "", config.profile.protection_level),
    )
    fields, token, documents = (more.keys[name].id for name in ("fields", "token", "documents"))
    ready += _own(identity, fields, token)
    ready += _grant("documents", documents, {"storage": home.agent("storage")})
    ready += _grant("secrets", more.secrets.id, {"secretmanager": home.agent("secretmanager")})
    return Keys(clinical, fields, token, documents, more.secrets.id, ready)


def _second(config: TenantConfig, site: Site, home: Home, first: Upstream) -> Keys:
    """The site's own key for what lies in its region; the others are the first site's, usable here too."""
    clinical = _ring(config, site, home, ("clinical",)).keys["clinical"].id
    fields, token = (first.entry("keys", name) for name in ("fields", "token"))
    return Keys(clinical, fields, token, clinical, None, _grant("clinical", clinical, _agents(config, home)))


_PURPOSES: dict[str, Purpose] = {
    "clinical": "ENCRYPT_DECRYPT",
    "fields": "ENCRYPT_DECRYPT",
    "token": "ASYMMETRIC_SIGN",
}


def _ring(config: TenantConfig, site: Site, home: Home, names: tuple[str, ...]) -> Ring:
    level = config.profile.protection_level
    return Ring(
        "keys",
        RingArgs(
            site,
            config.tenant,
            {name: _PURPOSES[name] for name in names},
            level,
            backend=home.text("keyBackend") if level == EXTERNAL else None,
        ),
    )


def _agents(config: TenantConfig, home: Home) -> dict[str, pulumi.Input[str]]:
    """Google's services that keep the tenant's data, and the cell's Cloud Run for its grants jobs."""
    names = ["pubsub", "run", "secretmanager", "storage"]
    names += ["healthcare"] if config.profile.fhir == "healthcare" else []
    dedicated = config.placement == "dedicated"
    names += ["sqladmin"] if dedicated else []
    found: dict[str, pulumi.Input[str]] = {name: home.agent(name) for name in names}
    return {**found, "cell-run": home.cell_agent("run")} if dedicated else found


def _own(
    identity: Identity, fields: pulumi.Output[str], token: pulumi.Output[str]
) -> tuple[pulumi.Resource, ...]:
    runtime: dict[str, pulumi.Input[str]] = {"runtime": identity.member}
    return (
        *_grant("fields", fields, runtime),
        *_grant("token-sign", token, runtime, SIGN),
        *_grant("token-view", token, runtime, VIEW),
    )


def _grant(
    name: str, key: pulumi.Output[str], members: dict[str, pulumi.Input[str]], role: str | None = None
) -> tuple[pulumi.Resource, ...]:
    args = GrantArgs(key, members, role) if role else GrantArgs(key, members)
    return tuple(KeyGrants(name, args).grants.values())
