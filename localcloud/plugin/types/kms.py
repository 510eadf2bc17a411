"""Cloud KMS: https://cloud.google.com/kms/docs/reference/rest"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import reference
from localcloud.plugin.iam import Policies, member
from localcloud.plugin.kinds import Field, Json, Kind, local, moved, zero

_PARSED = (
    "issuer",
    "notAfterTime",
    "notBeforeTime",
    "parsed",
    "serialNumber",
    "sha256Fingerprint",
    "subject",
    "subjectAlternativeDnsNames",
)
"""What Google reads out of a certificate."""

_RINGS = "projects/{project}/locations/{location}/keyRings"
_POLICIES = Policies(get_query={"options.requestedPolicyVersion": "3"})


class KeyRing(Behaviour):
    """Google keeps key rings for ever: deleting one only forgets it."""

    def body(self, values: Json) -> Json | None:
        return None

    def remove(self, values: Json) -> None:
        return


class CryptoKey(Behaviour):
    """A key outlives its deletion, but its versions are destroyed and it no longer rotates."""

    def insert(self, values: Json) -> Json:
        skip = str(bool(values.get("skipInitialVersionCreation"))).lower()
        query = {"cryptoKeyId": values["name"], "skipInitialVersionCreation": skip}
        body = {**(self.body(values) or {}), **_next_rotation(values)}
        return self.client.call(self.kind.api, "POST", self.fill("{keyRing}/cryptoKeys", values), body, query)

    def mask(self, changed: set[str]) -> list[str]:
        mask = super().mask(changed)
        return [
            m for name in mask for m in ([name, "nextRotationTime"] if name == "rotationPeriod" else [name])
        ]

    def update_body(self, values: Json, changed: set[str], olds: Json) -> Json:
        return {**super().update_body(values, changed, olds), **_next_rotation(values)}

    def remove(self, values: Json) -> None:
        path = self.fill(self.kind.path, values)
        versions = self.client.call(self.kind.api, "GET", f"{path}/cryptoKeyVersions").get(
            "cryptoKeyVersions", []
        )
        for version in versions:
            if version.get("state") not in ("DESTROYED", "DESTROY_SCHEDULED"):
                self.client.call(self.kind.api, "POST", f"{version['name']}:destroy", {})
        if values.get("rotationPeriod"):
            mask = {"updateMask": "rotationPeriod,nextRotationTime"}
            self.client.call(self.kind.api, "PATCH", path, {}, mask)


class CryptoKeyVersion(Behaviour):
    """Google numbers versions; deleting one schedules its destruction."""

    def fetch(self, values: Json) -> Json | None:
        found = super().fetch(values)
        gone = found is None or found.get("state") in ("DESTROYED", "DESTROY_SCHEDULED")
        return None if gone else found

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        return {**outputs, "cryptoKey": values.get("cryptoKey") or answer["name"].rsplit("/", 2)[0]}

    def remove(self, values: Json) -> None:
        self.client.call(self.kind.api, "POST", f"{values['name']}:destroy", {})

    def parse(self, id: str) -> Json:
        return {"name": id, "cryptoKey": id.rsplit("/", 2)[0]}


class EkmConnection(Behaviour):
    """Google keeps connections for ever: deleting one only forgets it."""

    def remove(self, values: Json) -> None:
        return


def _last(value: object) -> str:
    return str(value or "").rsplit("/", 1)[-1]


def _next_rotation(values: Json) -> Json:
    """The provider sets the first rotation itself: one period from now."""
    if not values.get("rotationPeriod"):
        return {}
    at = datetime.now(UTC) + timedelta(seconds=float(values["rotationPeriod"].rstrip("s")))
    return {"nextRotationTime": f"{at:%Y-%m-%dT%H:%M:%S.%f}000Z"}


KINDS = (
    Kind(
        token="gcp:kms/keyRing:KeyRing",
        api="kms",
        path=f"{_RINGS}/{{name}}",
        create_query={"keyRingId": "{name}"},
        behaviour=KeyRing,
    ),
    Kind(
        token="gcp:kms/cryptoKey:CryptoKey",
        api="kms",
        path="{keyRing}/cryptoKeys/{name}",
        behaviour=CryptoKey,
        defaults={"purpose": "ENCRYPT_DECRYPT", "versionTemplate.protectionLevel": "SOFTWARE"},
        fields={
            "skipInitialVersionCreation": local(False),
            "primaries": moved("primary"),
            "destroyScheduledDuration": zero("2592000s"),
            "keyAccessJustificationsPolicy": zero(None),
        },
        computed=frozenset({"destroyScheduledDuration", "versionTemplate", "cryptoKeyBackend"}),
        replace=frozenset(
            {
                "purpose",
                "destroyScheduledDuration",
                "importOnly",
                "cryptoKeyBackend",
                "skipInitialVersionCreation",
                "versionTemplate.protectionLevel",
            }
        ),
    ),
    Kind(
        token="gcp:kms/cryptoKeyVersion:CryptoKeyVersion",
        api="kms",
        path="{name}",
        collection="{cryptoKey}/cryptoKeyVersions",
        behaviour=CryptoKeyVersion,
        autoname=False,
        fields={"state": Field(), "attestations": moved("attestation")},
        computed=frozenset({"state"}),
    ),
    Kind(
        token="gcp:kms/ekmConnection:EkmConnection",
        api="kms",
        path="projects/{project}/locations/{location}/ekmConnections/{name|base}",
        create_query={"ekmConnectionId": "{name|base}"},
        behaviour=EkmConnection,
        defaults={"keyManagementMode": "MANUAL"},
        fields={"name": Field(update=False, decode=_last)},
        computed=frozenset(
            {
                "etag",
                "cryptoSpacePath",
                "serviceResolvers.endpointFilter",
                *(f"serviceResolvers.serverCertificates.{name}" for name in _PARSED),
            }
        ),
        equal={"name": reference},
    ),
    member(
        "gcp:kms/ekmConnectionIamMember:EkmConnectionIamMember",
        "kms",
        "projects/{project}/locations/{location}/ekmConnections/{name|base}",
        policies=_POLICIES,
        of="name",
    ),
    member("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "kms", "{cryptoKeyId}", policies=_POLICIES),
    member("gcp:kms/keyRingIAMMember:KeyRingIAMMember", "kms", "{keyRingId}", policies=_POLICIES),
)
