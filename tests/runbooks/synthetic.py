"""A drill of files: real steps, real processes, no cloud. `python -m tests.runbooks.synthetic …` is its CLI.

The "stack" is a folder (`$SYNTHETIC`): `data` is what must come back, `copy` is its backup. At each step
the runner writes the step's number to `at`, and waits there if that is `$STOP_AT`.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from evidence.signature import Signer
from runbooks.cli.main import main
from runbooks.drill.activities import Registry
from runbooks.drill.run import Run
from runbooks.errors import ActivityError
from runbooks.target import Engine, Key, Request, Target

DRILLS = Path(__file__).parent / "drills"
KNOWN = Registry()
STACK = "synthetic-tenant-a"


def _folder() -> Path:
    return Path(os.environ["SYNTHETIC"])


def _here() -> None:
    """Say which step this is, and stay where the test wants the runner to be killed."""
    place = _folder() / "at"
    number = int(place.read_text() or "0") + 1 if place.exists() else 1
    draft = place.with_suffix(".part")
    draft.write_text(str(number))
    draft.replace(place)
    deadline = time.monotonic() + 60
    while os.environ.get("STOP_AT") == str(number) and not (_folder() / "go-on").exists():
        if time.monotonic() > deadline:
            raise ActivityError("nobody killed the runner")
        time.sleep(0.02)


def _hash(name: str) -> str:
    return hashlib.sha256((_folder() / name).read_bytes()).hexdigest()


@KNOWN.probe("data-is-there")
def data_is_there(run: Run) -> Any:
    """The data is there."""
    _here()
    return _hash("data")


@KNOWN.probe("nothing-is-strange")
def nothing_is_strange(run: Run) -> Any:
    """No file lies about that this run did not make."""
    _here()
    own = {run.recall("copy"), run.recall("restored")}
    if strange := sorted({path.name for path in _folder().glob("made-*")} - own):
        raise ActivityError(f"nobody knows {', '.join(strange)}")
    return "nothing"


@KNOWN.action("copy", calls=("cp data made-copy",))
def copy(run: Run, seconds: float = 0.0) -> Any:
    """Back the data up."""
    run.remember(copy="made-copy", sha256=_hash("data"))
    (_folder() / "made-copy").write_bytes((_folder() / "data").read_bytes())
    _here()
    time.sleep(seconds)
    return "copied"


@KNOWN.action("restore", calls=("cp made-copy made-restored",))
def restore(run: Run) -> Any:
    """Restore the copy beside the data."""
    begun = time.monotonic()
    run.remember(restored="made-restored")
    (_folder() / "made-restored").write_bytes((_folder() / "made-copy").read_bytes())
    if os.environ.get("LOSE"):
        (_folder() / "made-restored").write_bytes(b"")
    _here()
    run.measured(rto_seconds=round(time.monotonic() - begun, 3), rpo_seconds=0.0)
    return "restored"


@KNOWN.probe("restored-is-the-same")
def restored_is_the_same(run: Run) -> Any:
    """What was restored is what was copied, byte for byte."""
    _here()
    if _hash("made-restored") != run.recall("sha256"):
        raise ActivityError("the restored data is not what was copied")
    return "same"


@KNOWN.action("remove", calls=("rm",))
def remove(run: Run, what: str) -> Any:
    """Remove what the drill made, as it remembered it."""
    _here()
    name = run.recall(what)
    if os.environ.get("STUCK") == what:
        raise ActivityError(f"{name} cannot be removed")
    if name:
        (_folder() / name).unlink(missing_ok=True)
    return name


@KNOWN.probe("data-is-unchanged")
def data_is_unchanged(run: Run) -> Any:
    """The data itself was never touched."""
    _here()
    if _hash("data") != run.recall("sha256"):
        raise ActivityError("the data changed")
    return "unchanged"


def connect(request: Request) -> Target:
    if not (_folder() / "data").exists():
        raise ActivityError("no data")
    return Target(
        request.stack,
        os.environ.get("PRODUCTION") == "true",
        os.environ.get("PLACEMENT", "dedicated"),
        {"environment": "local", "commit": None, "config_sha256": "0" * 64, "image_digest": None},
        metrics={"errors": lambda: float(os.environ.get("ERRORS", "0"))},
        canaries=("Nobody-0123456789abcdef",),
    )


def key(stack: str, name: str | None) -> Key:
    """A key made for tests, as Cloud KMS would give it."""
    private = ec.derive_private_key(20261125, ec.SECP256R1())
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    signer = Signer(
        name or "keys/evidence/1", pem, lambda digest: private.sign(digest, ec.ECDSA(Prehashed(SHA256())))
    )
    about = {"key": signer.key, "public_key": pem, "protection_level": "SOFTWARE", "attestation": None}
    return Key(signer, about)


ENGINE = Engine(DRILLS, KNOWN, connect, key)

if __name__ == "__main__":
    sys.exit(main(engine=ENGINE))
