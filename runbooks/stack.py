"""A stack as drills see it: its outputs and configuration, by the Pulumi CLI."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from evidence.manifest import canonical
from runbooks.errors import PreconditionError

_DEFAULTS = {
    "sqlCustomEndpoint": "https://sqladmin.googleapis.com/sql/v1beta4/",
    "iamCredentialsCustomEndpoint": "https://iamcredentials.googleapis.com/v1/",
}
PRODUCTION = "runbooks:production"
"""The key that marks a stack as production; a stack in the cloud is, unless it says false."""
_SERVICE = "gcp:cloudrunv2/service:Service"


def pulumi(*arguments: str) -> str:
    """Run the Pulumi CLI on PATH; its own message where it fails."""
    try:
        done = subprocess.run(["pulumi", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise PreconditionError('`pulumi` is not on PATH; try: eval "$(python -m localcloud env)"') from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise PreconditionError(f"pulumi {' '.join(arguments[:2])}: {said}")
    return done.stdout


@dataclass(frozen=True)
class Stack:
    """A tenant stack that is up: its outputs (DESIGN: the tenant contract) and its configuration."""

    name: str
    outputs: Mapping[str, Any]
    config: Mapping[str, str]

    def endpoint(self, key: str) -> str:
        """Base address of an API, with its trailing slash: the stack's own, else Google's."""
        return self.config.get(f"gcp:{key}") or _DEFAULTS[key]

    @property
    def local(self) -> bool:
        return urlsplit(self.endpoint("sqlCustomEndpoint")).hostname not in (None, "sqladmin.googleapis.com")

    @property
    def tenant(self) -> str:
        return self.name.rsplit("-tenant-", 1)[-1]

    @property
    def production(self) -> bool:
        said = self.config.get(PRODUCTION, "" if self.local else "true").lower()
        if said not in ("", "true", "false"):
            raise PreconditionError(f"{PRODUCTION}: {said!r} is neither true nor false")
        return said == "true"

    @property
    def config_sha256(self) -> str:
        """Hash of the configuration; of a secret only that it is there."""
        return hashlib.sha256(canonical(dict(self.config))).hexdigest()


def read(name: str) -> Stack:
    """Outputs and configuration of a tenant stack; `PreconditionError` where it is not up."""
    if "-tenant-" not in name:
        raise PreconditionError(f"--stack: {name!r} is no tenant stack; allowed: <place>-tenant-<name>")
    outputs = json.loads(pulumi("stack", "output", "--json", "--stack", name))
    if not outputs.get("fhirUrl"):
        raise PreconditionError(f"--stack: {name} is not up (it has no fhirUrl); run `make up` first")
    return Stack(name, outputs, settings(name))


def settings(name: str) -> dict[str, str]:
    """The configuration of any stack, without its secrets."""
    config = json.loads(pulumi("config", "--json", "--stack", name))
    return {key: item.get("value", "") for key, item in config.items()}


def image(name: str) -> str | None:
    """The container image that the stack's service runs, as its state has it."""
    state = json.loads(pulumi("stack", "export", "--stack", name))
    for resource in state.get("deployment", {}).get("resources", []):
        if resource.get("type") == _SERVICE:
            containers = resource.get("inputs", {}).get("template", {}).get("containers") or [{}]
            found = containers[0].get("image")
            return found if isinstance(found, str) else None
    return None


def neighbours(name: str) -> list[str]:
    """The other tenant stacks of the same place that are up."""
    place = name.split("-tenant-")[0]
    listed = json.loads(pulumi("stack", "ls", "--json"))
    found = [item["name"].rsplit("/", 1)[-1] for item in listed if item.get("resourceCount")]
    return sorted(other for other in found if other.startswith(f"{place}-tenant-") and other != name)
