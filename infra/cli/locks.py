"""Locks that a killed engine left in the file backend."""

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


def _locks(stack: str, backend: str) -> list[Path]:
    if not backend.startswith("file://"):
        return []
    folder = Path(unquote(urlsplit(backend).path)).expanduser() / ".pulumi" / "locks"
    return [path for path in folder.rglob("*.json") if path.parent.name == stack]


def _is_gone(lock: Path) -> bool:
    try:
        holder = json.loads(lock.read_text())
    except FileNotFoundError:
        return True
    except ValueError:
        return False
    return holder.get("hostname") == socket.gethostname() and not _runs(int(holder["pid"]))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    name = Path(f"/proc/{pid}/comm")
    return not name.exists() or "pulumi" in name.read_text()
