"""`token`: an access token of a tenant, got as any client gets one (SMART backend services).

The client `local-cli` has a key pair under `.careplane/clients/`. Its public half is
registered by running the tenant's own job, as the operator of a real tenant would do.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from localcloud.cli import control, env
from localcloud.cli.errors import CliError, NotRunning
from localcloud.settings import LocalSettings
from localcloud.toolchain.progress import Progress

if TYPE_CHECKING:
    from localcloud.cli.client_key import ClientKey

CLIENT = "local-cli"
SCOPE = "system/*.cruds"
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NoTenant(CliError):
    """No such tenant is up."""

    exit_code = 2

    def __init__(self, tenant: str, said: str) -> None:
        super().__init__(f"tenant {tenant!r} has no stack with outputs ({said}); bring it up with `make up`")


class NoToken(CliError):
    """The tenant's token endpoint refused."""

    def __init__(self, url: str, said: str) -> None:
        super().__init__(f"{url} gave no token: {said}")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tenant", required=True, help="such as riverside")
    parser.add_argument("--stack", help="the tenant's stack (default local-tenant-TENANT)")
    parser.add_argument("--scope", default=SCOPE, help=f"SMART scopes (default {SCOPE})")
    parser.add_argument("--json", action="store_true", help="print the endpoint's whole answer")


def run(settings: LocalSettings, args: argparse.Namespace) -> int:
    from localcloud.cli.client_key import ClientKey  # installed packages, which `doctor` must do without

    outputs = tenant_outputs(settings, args.tenant, args.stack)
    folder = settings.home.parent / "clients" / args.tenant
    key = ClientKey.load_or_make(folder / "key.pem")
    registered = folder / "registered"
    # The tenant may have been destroyed and made anew since: what marks it is its token endpoint and key.
    mark = f"{outputs['tokenUrl']} {key.thumbprint()}"
    known = registered.exists() and registered.read_text() == mark
    if not known:
        register(settings, args.tenant, outputs, key)
        registered.write_text(mark)
    try:
        answer = exchange(outputs["tokenUrl"], key, args.scope, address(outputs))
    except NoToken:
        if not known:
            raise
        register(settings, args.tenant, outputs, key)
        answer = exchange(outputs["tokenUrl"], key, args.scope, address(outputs))
    print(json.dumps(answer, indent=2) if args.json else answer["access_token"])
    return 0


def address(outputs: dict[str, Any]) -> str:
    """Where the token endpoint is reached here: of a place that is rehearsed nobody serves the domain."""
    return f"{outputs['serviceUrl']}/auth/token" if "serviceUrl" in outputs else str(outputs["tokenUrl"])


def tenant_outputs(settings: LocalSettings, tenant: str, stack: str | None = None) -> dict[str, Any]:
    """The outputs of the tenant's stack, by Pulumi itself."""
    variables = os.environ | env.environment(settings, os.environ)
    command = ["pulumi", "stack", "output", "--json", "--stack", stack or f"local-tenant-{tenant}"]
    done = subprocess.run(
        command, cwd=settings.root, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise NoTenant(tenant, said[-1] if said else "no answer")
    outputs: dict[str, Any] = json.loads(done.stdout)
    if "tokenUrl" not in outputs:
        raise NoTenant(tenant, "no output tokenUrl")
    return outputs


def register(settings: LocalSettings, tenant: str, outputs: dict[str, Any], key: ClientKey) -> None:
    """Run the tenant's administration job once, to add the client with its public key."""
    location = _location(outputs)
    name = f"projects/{outputs['project']}/locations/{location}/jobs/{tenant}-admin"
    words = ["client", "add", "--id", CLIENT, "--jwks", json.dumps(key.jwks()), "--scope", SCOPE]
    body = {"overrides": {"containerOverrides": [{"args": words}]}}
    with Progress(f"registering the client {CLIENT} with {tenant}"):
        _google(settings, f"{settings.url('run')}/v2/{name}:run", body)


def exchange(token_url: str, key: ClientKey, scope: str, address: str | None = None) -> dict[str, Any]:
    """client_credentials with private_key_jwt (SMART App Launch 2, backend services).

    `address` is where the endpoint is reached, where that is not its name.
    """
    form = {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": key.assertion(CLIENT, token_url),
    }
    call = urllib.request.Request(address or token_url, urllib.parse.urlencode(form).encode())
    try:
        with _OPENER.open(call, timeout=60) as answer:
            got: dict[str, Any] = json.loads(answer.read())
            return got
    except urllib.error.HTTPError as error:
        raise NoToken(token_url, f"{error.code} {error.read().decode(errors='replace')[:300]}") from None
    except OSError as error:
        raise NoToken(token_url, str(getattr(error, "reason", error))) from None


def _location(outputs: dict[str, Any]) -> str:
    locations = outputs["locations"]
    return str(locations["region"] if isinstance(locations, dict) else locations[0])


def _google(settings: LocalSettings, url: str, body: dict[str, Any]) -> Any:
    headers = {
        "Authorization": f"Bearer {control.operator_token(settings)}",
        "Content-Type": "application/json",
    }
    try:
        call = urllib.request.Request(url, json.dumps(body).encode(), headers)
        with _OPENER.open(call, timeout=120) as answer:
            operation = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise CliError(
            f"{url} answered {error.code}: {error.read().decode(errors='replace')[:300]}"
        ) from None
    except OSError:
        raise NotRunning(settings.home) from None
    if "error" in operation:
        raise CliError(f"{url}: {operation['error'].get('message', operation['error'])}")
    return operation
