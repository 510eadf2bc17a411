"""Where a jurisdiction's state and secrets-provider key lie, and what they are called.

Where there is a multi-region neither depends on a single region: https://cloud.google.com/kms/docs/locations,
https://cloud.google.com/storage/docs/locations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.errors import ConfigError
from infra.jurisdiction import Jurisdiction

RING, KEY, STATE_KEY, ACCOUNT = "careplane-bootstrap", "pulumi-secrets", "pulumi-state", "careplane-ci"
_KEY_PLACES = {"eu": "europe", "us": "us"}
"""Cloud Storage's multi-regions and Cloud KMS's over the same area: all that protects an EU bucket must lie
in `europe` (https://cloud.google.com/storage/docs/encryption/customer-managed-keys)."""


_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_RESERVED = ("google", "null", "ssl", "undefined")
"""No part of a project's id: https://cloud.google.com/resource-manager/docs/creating-managing-projects."""
_ACCOUNT = re.compile(r"[0-9A-F]{6}(-[0-9A-F]{6}){2}")
"""https://cloud.google.com/billing/docs/reference/rest/v1/billingAccounts"""


def project_id(key: str, given: str) -> str:
    if not _PROJECT.fullmatch(given) or any(word in given for word in _RESERVED):
        raise ConfigError(
            key,
            given,
            "a project id: 6 to 30 of a-z, 0-9 and -, beginning with a letter, not ending in -, without "
            + ", ".join(_RESERVED),
        )
    return given


def organization_number(key: str, given: object) -> str | None:
    if given is not None and not re.fullmatch(r"[1-9][0-9]{0,19}", str(given), re.ASCII):
        raise ConfigError(key, given, "the number of the organisation, digits only, such as 123456789012")
    return None if given is None else str(given)


def billing_account(key: str, given: object) -> str | None:
    if given is not None and not _ACCOUNT.fullmatch(str(given)):
        raise ConfigError(key, given, "a billing account's id, such as 01AB23-45CD67-89EF01")
    return None if given is None else str(given)


@dataclass(frozen=True)
class Layout:
    """Where a jurisdiction's state and its key lie; `regions` are a dual-region's two."""

    bucket: str
    key: str
    regions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class BootstrapArgs:
    """`organization` and `billing_account` are needed only where the project is not there yet."""

    place: str
    jurisdiction: Jurisdiction
    project: str
    layout: Layout
    organization: str | None = None
    billing_account: str | None = None
    cmek: bool = False

    @property
    def bucket(self) -> str:
        return f"{self.project}-state-{self.jurisdiction.name}"

    @property
    def ring(self) -> str:
        return f"projects/{self.project}/locations/{self.layout.key}/keyRings/{RING}"

    @property
    def account(self) -> str:
        return f"{ACCOUNT}@{self.project}.iam.gserviceaccount.com"

    @property
    def next(self) -> list[str]:
        """The commands that use what was made."""
        provider = f"gcpkms://{self.ring}/cryptoKeys/{KEY}"
        return [
            f"pulumi login gs://{self.bucket}",
            f'pulumi stack init {self.place}-organization --secrets-provider "{provider}"',
        ]


def layout(area: Jurisdiction, region: str | None = None) -> Layout:
    """A multi-region where there is one, else two regions, else one."""
    multi = next((name for name in _KEY_PLACES if name in area.locations), None)
    if multi:
        if region:
            raise ConfigError(
                "--region", region, f"nothing: jurisdiction {area.name} has the multi-region {multi}"
            )
        return Layout(multi.upper(), _KEY_PLACES[multi])
    first = area.require(region, "--region") if region else area.locations[0]
    second = area.partner(first)
    if second == first:
        note = f"{area.name} has one region: state and key depend on {first}"
        return Layout(first.upper(), first, (), (note,))
    note = (
        f"Cloud KMS has no multi-region inside {area.name}: the state lies in {first} and {second}, "
        f"the key in {first} alone"
    )
    return Layout(first.split("-")[0][:2].upper(), first, (first, second), (note,))
