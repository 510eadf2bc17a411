"""Secrets reach a container as references to Secret Manager, never as values (check 37).

https://cloud.google.com/run/docs/configuring/services/secrets
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import pulumi

from infra.errors import ConfigError

_NAMES = re.compile(r"(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS|PRIVATE_KEY|API_KEY)$", re.IGNORECASE)
_REFERENCE = re.compile(r"(//|projects/|gs://|https?://)[^\s@]*$")
_VALUES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"  # PEM
    r"|\bAIza[0-9A-Za-z_-]{35}"  # a Google API key
    r"|\beyJ[\w-]+\.eyJ[\w-]+\."  # a JSON Web Token
    r'|"private_key"\s*:'  # a service account's key file
    r"|://[^/\s:@]+:[^/\s@]+@"  # a password in an address
)


@dataclass(frozen=True)
class SecretRef:
    """`secret` by full name. A variable is read when an instance starts, a file whenever it is opened."""

    secret: pulumi.Input[str]
    version: str = "latest"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"latest|[1-9]\d*", self.version):
            raise ConfigError("secret version", self.version, "latest, or a number")


def refuse_plain(name: str, value: str) -> str:
    """The value, unless it is or looks like a secret; the error never shows it."""
    if _VALUES.search(value) or (_NAMES.search(name) and value and not _REFERENCE.match(value)):
        raise ConfigError(f"environment.{name}", "a plain value", "a reference: secrets={name: SecretRef(…)}")
    return value


def check_files(files: Mapping[str, SecretRef]) -> None:
    """Each lies in a folder of its own: Cloud Run mounts one secret a folder."""
    folders = [PurePosixPath(path).parent for path in files]
    for path, folder in zip(files, folders, strict=True):
        if not path.startswith("/") or len(folder.parts) < 2 or ".." in folder.parts:
            raise ConfigError("files", path, "an absolute path below a folder, such as /secrets/tls/key.pem")
        if folders.count(folder) > 1:
            raise ConfigError("files", path, "one file a folder")


def volume_name(path: str) -> str:
    """`/secrets/tls/key.pem` lies in the volume `secrets-tls`."""
    return re.sub(r"[^a-z0-9]+", "-", str(PurePosixPath(path).parent).lower()).strip("-")
