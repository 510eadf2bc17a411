"""Who runs PostgreSQL: ourselves, or an unprivileged user when we are root (PostgreSQL refuses root).

The data may lie under a folder that this user cannot enter (`/root`, a `mktemp -d`). Each way of
reaching it is tried once per folder and the first that works is kept.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from localcloud.postgres.errors import NoAccount

_USERS = ("nobody", "postgres", "daemon")


@dataclass(frozen=True)
class Account:
    """Prefix of every PostgreSQL command, and the owner of its files."""

    prefix: tuple[str, ...]
    uid: int
    gid: int

    def own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)

    def own_tree(self, path: Path) -> None:
        if os.geteuid() != 0:
            return
        for folder, _, files in os.walk(path):
            for entry in (folder, *(os.path.join(folder, name) for name in files)):
                os.chown(entry, self.uid, self.gid, follow_symlinks=False)

    def folder(self, path: Path) -> Path:
        """Make a folder (and its parents) that only this user may enter."""
        path.mkdir(parents=True, exist_ok=True)
        self.own(path)
        path.chmod(0o700)
        return path


def _user() -> pwd.struct_passwd | None:
    for name in _USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _setpriv(user: pwd.struct_passwd, capability: str | None) -> tuple[str, ...]:
    drop = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if capability:
        drop += [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
    return (*drop, "--")


def _candidates() -> list[tuple[str, Account]]:
    """Ways to run, least privilege first: (what it is, how)."""
    found: list[tuple[str, Account]] = []
    user = _user()
    if user is not None and shutil.which("setpriv"):
        for label, capability in (
            (f"user {user.pw_name}", None),
            (f"user {user.pw_name} with CAP_DAC_READ_SEARCH", "dac_read_search"),
            (f"user {user.pw_name} with CAP_DAC_OVERRIDE", "dac_override"),
        ):
            found.append((label, Account(_setpriv(user, capability), user.pw_uid, user.pw_gid)))
    if user is not None and shutil.which("unshare"):
        mapped = ("unshare", "--user", f"--map-user={user.pw_uid}", "--")
        found.append(("a user namespace", Account(mapped, 0, 0)))
    return found


def _works(account: Account, folder: Path, program: Path) -> bool:
    account.own(folder)
    # `initdb -s` looks for its neighbours by access(2), which ignores ambient capabilities.
    script = 'cd "$0" && : > probe && rm probe && "$1" -s -D "$0/none"'
    command = [*account.prefix, "/bin/sh", "-c", script, str(folder), str(program.with_name("initdb"))]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@cache
def account_for(folder: Path, program: Path) -> Account:
    """How to run `program` on files in `folder`, which exists and is ours to give away."""
    if os.geteuid() != 0:
        return Account((), os.geteuid(), os.getegid())
    candidates = _candidates()
    for _, account in candidates:
        if _works(account, folder, program):
            return account
    raise NoAccount(folder, [label for label, _ in candidates] or ["setpriv and unshare are not installed"])
