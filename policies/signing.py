"""The Cloud KMS key that signs reports and evidence packs, and where Cloud KMS answers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import yaml

from evidence import kms
from evidence.signature import Signer
from policies.errors import SigningError

GOOGLE = kms.GOOGLE
STACKS = Path(__file__).resolve().parent.parent / "stacks"
_VARIABLE = "GOOGLE_KMS_CUSTOM_ENDPOINT"


def address(names: Iterable[str], environ: Mapping[str, str] = os.environ, stacks: Path = STACKS) -> str:
    """Where Cloud KMS answers for these stacks: the provider's variable, their files, else Google."""
    if given := environ.get(_VARIABLE):
        return given
    for name in names:
        file = stacks / f"Pulumi.{name}.yaml"
        values = (yaml.safe_load(file.read_text()) or {}).get("config") or {} if file.exists() else {}
        if given := values.get("gcp:kmsCustomEndpoint"):
            return str(given)
    return GOOGLE


def signer(key: str, endpoint: str = GOOGLE) -> Signer:
    """Signs with a version, or with the newest enabled version of a key; raises `SigningError`."""
    try:
        made = kms.key(key, kms.rest(endpoint)).signer
    except kms.KmsError as error:
        raise SigningError(error.what, error.problem) from error

    def sign(digest: bytes) -> bytes:
        try:
            return made.sign_digest(digest)
        except kms.KmsError as error:
            raise SigningError(error.what, error.problem) from error

    return replace(made, sign_digest=sign)
