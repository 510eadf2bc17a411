"""Cloud KMS: https://cloud.google.com/kms/docs/reference/rest"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.iam import Policies, member
from localcloud.plugin.kinds import Json, Kind, local, moved, zero

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
    member("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "kms", "{cryptoKeyId}", policies=_POLICIES),
    member("gcp:kms/keyRingIAMMember:KeyRingIAMMember", "kms", "{keyRingId}", policies=_POLICIES),
)
