"""Locks of the file backend: left by a killed engine, or had by one of this machine that is at work."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from urllib.parse import unquote, urlsplit


def stale(stack: str, backend: str) -> bool:
    """Whether the stack is locked by a process of this machine that is gone."""
    locks = _locks(stack, backend)
    return bool(locks) and all(_is_gone(lock) for lock in locks)


def holder(stack: str, backend: str) -> int | None:
    """The process of this machine whose engine has the stack; None where nobody has, or can tell."""
    return next((pid for pid in map(_holder, _locks(stack, backend)) if pid and _runs(pid)), None)


def _locks(stack: str, backend: str) -> list[Path]:
    if not backend.startswith("file://"):
        return []
    folder = Path(unquote(urlsplit(backend).path)).expanduser() / ".pulumi" / "locks"
    return [path for path in folder.rglob("*.json") if path.parent.name == stack]


def _is_gone(lock: Path) -> bool:
    pid = _holder(lock)
    return not lock.exists() if pid is None else not _runs(pid)


def _holder(lock: Path) -> int | None:
    """Who wrote the lock, if that was on this machine."""
    try:
        found = json.loads(lock.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return int(found["pid"]) if found.get("hostname") == socket.gethostname() else None


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    name = Path(f"/proc/{pid}/comm")
    return not name.exists() or "pulumi" in name.read_text()
