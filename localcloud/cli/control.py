"""Client of localcloud's control API; only the standard library, so that every subcommand starts fast."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from localcloud.cli.errors import CliError, NotRunning, Refused
from localcloud.settings import LocalSettings

# Never through a proxy: the address is loopback by construction.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def token_file(settings: LocalSettings) -> Path:
    return settings.home / "operator-token"


def operator_token(settings: LocalSettings) -> str:
    """The token of the person at this machine, which the server makes at its first start."""
    try:
        return token_file(settings).read_text().strip()
    except FileNotFoundError:
        raise NotRunning(settings.home) from None
    except PermissionError:
        raise CliError(
            f"{token_file(settings)} belongs to another user; ask that user, or set CAREPLANE_HOME"
        ) from None


def healthy(settings: LocalSettings, timeout: float = 2.0) -> bool:
    """Whether something answers on the control port as localcloud does."""
    try:
        with _OPENER.open(settings.control_url + "/healthz", timeout=timeout) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def ours(settings: LocalSettings) -> bool:
    """Whether what answers is the server of this home: it takes this home's token."""
    try:
        return healthy(settings) and bool(request(settings, "GET", "/status"))
    except CliError:
        return False


def request(settings: LocalSettings, verb: str, path: str, body: Any = None, timeout: float = 60.0) -> Any:
    """One call as the operator; the decoded JSON answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {operator_token(settings)}", "Content-Type": "application/json"}
    call = urllib.request.Request(settings.control_url + path, data, headers, method=verb)
    try:
        with _OPENER.open(call, timeout=timeout) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise Refused(path, error.code, _message(error.read())) from None
    except OSError:
        raise NotRunning(settings.home) from None
    return json.loads(text) if text else {}


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:200]
