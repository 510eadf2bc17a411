"""Homes and ports for tests that must not meet each other or a running local cloud."""

from __future__ import annotations

from pathlib import Path

from localcloud.settings import LocalSettings

ROOT = Path(__file__).resolve().parents[3]


def settings(home: Path, port_base: int = 20000) -> LocalSettings:
    return LocalSettings(ROOT, home / "localcloud", port_base=port_base)
