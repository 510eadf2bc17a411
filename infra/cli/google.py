"""Google's APIs before any stack exists: authorised HTTP, at Google or where the place's endpoints say.

Endpoints are the `gcp:<api>CustomEndpoint` keys of the place's stack files; the provider's environment
variables (`GOOGLE_<API>_CUSTOM_ENDPOINT`) come first.
https://www.pulumi.com/registry/packages/gcp/installation-configuration/
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import yaml

from infra.cli.errors import CliError
from infra.cli.places import STACKS
from infra.errors import ConfigError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
WAIT_SECONDS = 180
"""How long an operation, or a right or an API that was just given, may take to be there."""
_APIS = {
    "cloudbilling": ("cloudBillingCustomEndpoint", "https://cloudbilling.googleapis.com/v1/"),
    "cloudkms": ("kmsCustomEndpoint", "https://cloudkms.googleapis.com/v1/"),
    "cloudresourcemanager": (
        "resourceManagerV3CustomEndpoint",
        "https://cloudresourcemanager.googleapis.com/v3/",
    ),
    "healthcare": ("healthcareCustomEndpoint", "https://healthcare.googleapis.com/v1beta1/"),
    "iam": ("iamBetaCustomEndpoint", "https://iam.googleapis.com/v1/"),
    "logging": ("loggingCustomEndpoint", "https://logging.googleapis.com/v2/"),
    "run": ("cloudRunV2CustomEndpoint", "https://run.googleapis.com/v2/"),
    "serviceusage": ("serviceUsageCustomEndpoint", "https://serviceusage.googleapis.com/v1/"),
    "storage": ("storageCustomEndpoint", "https://storage.googleapis.com/storage/v1/"),
}
_NOT_YET = re.compile(r"has not been used in project|SERVICE_DISABLED|does not exist", re.IGNORECASE)


class ApiFailed(CliError):
    """A call that Google refused, in Google's words."""

    def __init__(self, verb: str, path: str, status: int, said: str) -> None:
        self.status, self.said = status, said
        super().__init__(f"{verb} {path}: {status}: {said}")


def endpoints(place: str, environ: Mapping[str, str] = os.environ, folder: Path = STACKS) -> dict[str, str]:
    """Address of each API, with a slash at its end. The place `local` reaches loopback only."""
    given = _configured(place, folder)
    found: dict[str, str] = {}
    for api, (key, google) in _APIS.items():
        variable = f"GOOGLE_{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', key).upper()}"
        found[api] = environ.get(variable) or given.get(f"gcp:{key}") or google
        if place == "local" and urlsplit(found[api]).hostname not in LOOPBACK:
            raise ConfigError(
                f"gcp:{key}", found[api], "an address on loopback such as http://127.0.0.1:17006/v1/"
            )
    return found


def _configured(place: str, folder: Path) -> dict[str, str]:
    for path in sorted(folder.glob(f"Pulumi.{place}-*.yaml")):
        values: dict[str, Any] = (yaml.safe_load(path.read_text()) or {}).get("config") or {}
        found = {key: str(value) for key, value in values.items() if key.endswith("CustomEndpoint")}
        if found:
            return found
    return {}


def token(environ: Mapping[str, str] = os.environ) -> str:
    """`GOOGLE_OAUTH_ACCESS_TOKEN`, else application default credentials."""
    given = environ.get("GOOGLE_OAUTH_ACCESS_TOKEN")
    if given:
        return given
    import google.auth
    import google.auth.exceptions
    import google.auth.transport.requests

    try:
        credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
        credentials.refresh(google.auth.transport.requests.Request())  # type: ignore[no-untyped-call]
    except google.auth.exceptions.GoogleAuthError as error:
        raise ConfigError(
            "GOOGLE_OAUTH_ACCESS_TOKEN",
            None,
            f"a token, or application default credentials (gcloud auth application-default login): {error}",
        ) from error
    return str(credentials.token)


@dataclass(frozen=True)
class Google:
    """Calls with one identity."""

    addresses: Mapping[str, str]
    token: str = field(repr=False)

    def call(self, verb: str, api: str, path: str, body: Any = None, patient: bool = False) -> dict[str, Any]:
        """One call; `patient` repeats it while what was just made or enabled is not known everywhere."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            answer = self._send(verb, api, path, body)
            if answer.status_code < 400:
                result: dict[str, Any] = answer.json() if answer.content else {}
                return result
            said = _message(answer)
            passing = answer.status_code in (429, 503) or (patient and _NOT_YET.search(said))
            if not passing or time.monotonic() > deadline:
                raise ApiFailed(verb, path, answer.status_code, said)
            time.sleep(2)

    def get(self, api: str, path: str, absent: tuple[int, ...] = (404,)) -> dict[str, Any] | None:
        """None where it is not there."""
        try:
            return self.call("GET", api, path)
        except ApiFailed as error:
            if error.status in absent:
                return None
            raise

    def wait(self, api: str, operation: dict[str, Any]) -> None:
        """Until a long-running operation is done; its error is raised."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not operation.get("done") and time.monotonic() < deadline:
            time.sleep(1)
            operation = self.call("GET", api, operation["name"])
        error = operation.get("error") or ({} if operation.get("done") else {"message": "took too long"})
        if error:
            raise ApiFailed("GET", str(operation.get("name")), int(error.get("code", 504)), error["message"])

    def _send(self, verb: str, api: str, path: str, body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = self.addresses[api] + path
        try:
            return requests.request(verb, url, json=body, headers=headers, timeout=60)
        except requests.ConnectionError as error:
            raise ApiFailed(verb, path, 0, f"{url}: nothing answers ({type(error).__name__})") from error


def _message(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return answer.reason
