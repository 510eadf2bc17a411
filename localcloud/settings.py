"""The only reader of localcloud's environment."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localcloud.ports import APIS, CONTROL_OFFSET, PORT_BASE, PUBSUB_GRPC_OFFSET, SPAN


class SettingsError(ValueError):
    """A setting that cannot be used; names the key, what was given and what is allowed."""

    def __init__(self, key: str, given: str, allowed: str) -> None:
        super().__init__(f"{key}: {given!r} is not allowed; allowed: {allowed}")
        self.key = key


@dataclass(frozen=True)
class LocalSettings:
    """Where one local cloud lives: `home` for everything on disk, `port_base` for everything it serves."""

    root: Path
    home: Path
    address: str = "127.0.0.1"
    port_base: int = PORT_BASE

    def __post_init__(self) -> None:
        if not _is_loopback(self.address):
            raise SettingsError("CAREPLANE_ADDRESS", self.address, "a loopback address such as 127.0.0.1")
        if not 1024 <= self.port_base <= 65535 - SPAN:
            raise SettingsError("CAREPLANE_PORT_BASE", str(self.port_base), f"1024 to {65535 - SPAN}")

    @property
    def state_file(self) -> Path:
        return self.home / "state.sqlite3"

    @property
    def control_url(self) -> str:
        return f"http://{self.address}:{self.port_base + CONTROL_OFFSET}"

    @property
    def pubsub_grpc(self) -> str:
        return f"{self.address}:{self.port_base + PUBSUB_GRPC_OFFSET}"

    def port(self, api: str) -> int:
        return self.port_base + next(a.offset for a in APIS if a.name == api)

    def url(self, api: str) -> str:
        """Root address of an API, without path and without trailing slash."""
        return f"http://{self.address}:{self.port(api)}"


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def load(environ: Mapping[str, str] = os.environ) -> LocalSettings:
    """From `CAREPLANE_HOME` (else `.careplane` here), `CAREPLANE_PORT_BASE`, `CAREPLANE_ADDRESS`."""
    root = Path(__file__).resolve().parent.parent
    base = environ.get("CAREPLANE_PORT_BASE", str(PORT_BASE))
    if not base.isdigit():
        raise SettingsError("CAREPLANE_PORT_BASE", base, f"a number from 1024 to {65535 - SPAN}")
    home = Path(environ.get("CAREPLANE_HOME") or root / ".careplane")
    return LocalSettings(
        root, home.resolve() / "localcloud", environ.get("CAREPLANE_ADDRESS", "127.0.0.1"), int(base)
    )
