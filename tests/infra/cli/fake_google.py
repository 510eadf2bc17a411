"""Cloud KMS and a tenant's Cloud Run service in memory, called as `infra` calls Google."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.cli.google import ApiFailed, Google

GONE = "2027-01-31T00:00:00Z"
LATEST = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"


def service(read_only: bool = True, **more: Any) -> dict[str, Any]:
    """As Cloud Run gives it; all requests reach its latest revision, which is ready."""
    told = [{"name": "CAREPLANE_READ_ONLY", "value": "true"}] if read_only else []
    latest = "projects/p/locations/l/services/lakeside/revisions/lakeside-00002-abc"
    return {
        "template": {"timeout": "300s", "containers": [{"image": "i", "env": told}]},
        "latestCreatedRevision": latest,
        "latestReadyRevision": latest,
        "trafficStatuses": [{"type": LATEST, "percent": 100}],
        **more,
    }


@dataclass(frozen=True)
class FakeKms(Google):
    """`versions` maps a version's name to its state; every version signs with the same key."""

    versions: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    refuse: str = ""
    """A version whose destruction Google refuses."""
    service: dict[str, Any] = field(default_factory=service)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def call(self, verb: str, api: str, path: str, body: Any = None, patient: bool = False) -> dict[str, Any]:
        self.calls.append((verb, path))
        if api == "run":
            assert (verb, path.split("/")[-2]) == ("GET", "services")
            return self.service
        assert api == "cloudkms"
        name, _, action = path.partition(":")
        if "cryptoKeyVersions?" in path:
            parent = path.partition("?")[0]
            found = [self._version(each) for each in self.versions if each.startswith(f"{parent}/")]
            return {"cryptoKeyVersions": found}
        if action == "destroy":
            if name == self.refuse:
                raise ApiFailed(verb, path, 403, "Permission denied")
            self.versions[name] = "DESTROY_SCHEDULED"
            return self._version(name)
        if action == "asymmetricSign":
            digest = base64.b64decode(body["digest"]["sha256"])
            signature = self.key.sign(digest, ec.ECDSA(Prehashed(SHA256())))
            return {"signature": base64.b64encode(signature).decode()}
        if path in self.versions:
            return self._version(path)
        assert path.endswith("/publicKey"), path
        pem = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return {"pem": pem.decode(), "algorithm": "EC_SIGN_P256_SHA256"}

    def _version(self, name: str) -> dict[str, Any]:
        state = self.versions[name]
        found = {"name": name, "state": state, "algorithm": "EC_SIGN_P256_SHA256"}
        return found | ({"destroyTime": GONE} if state == "DESTROY_SCHEDULED" else {})

    def destroyed(self) -> list[str]:
        return [path for verb, path in self.calls if path.endswith(":destroy")]
