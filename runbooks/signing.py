"""The Cloud KMS key that signs a drill's pack, with what Cloud KMS attests of it."""

from __future__ import annotations

from dataclasses import replace

from evidence import kms
from runbooks.errors import PackError, PreconditionError
from runbooks.target import Key

GOOGLE = kms.GOOGLE


def key(name: str, endpoint: str = GOOGLE) -> Key:
    """A version, or the newest enabled version of a key; raises `PreconditionError` or `PackError`."""
    try:
        found = kms.key(name, kms.rest(endpoint))
    except kms.NoSuchName as error:
        raise PreconditionError(f"--sign: {error.what!r} {error.problem}") from error
    except kms.KmsError as error:
        raise PackError(error.what, error.problem) from error

    def sign(digest: bytes) -> bytes:
        try:
            return found.signer.sign_digest(digest)
        except kms.KmsError as error:
            raise PackError(error.what, error.problem) from error

    return Key(replace(found.signer, sign_digest=sign), dict(found.about))
