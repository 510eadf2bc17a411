"""Base backups of a server, kept in `<folder>/backups/<id>/` beside what is known about each."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from localcloud.postgres.errors import ServerFailed
from localcloud.postgres.server import Server


@dataclass(frozen=True)
class Backup:
    """A copy that is consistent from `ended` on; `timeline` is the line of history that it lies on."""

    id: str
    started: str
    ended: str
    timeline: int

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.ended)


def server_time(server: Server) -> datetime:
    moment: datetime = server.rows("SELECT clock_timestamp()")[0][0]
    return moment.astimezone(UTC)


def timeline(server: Server) -> int:
    """The current line of history: a promotion begins a new one."""
    query = "SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int"
    return int(server.rows(query)[0][0])


def folder(server: Server, backup_id: str) -> Path:
    return server.folder / "backups" / backup_id


def take(server: Server, backup_id: str) -> Backup:
    """Copy the running server. An unfinished copy is never listed: its description is written last."""
    target = folder(server, backup_id)
    shutil.rmtree(target, ignore_errors=True)
    server.account.folder(target)
    started = server_time(server)
    copy_to(server, target / "data")
    backup = Backup(backup_id, started.isoformat(), server_time(server).isoformat(), timeline(server))
    (target / "backup.json").write_text(json.dumps(asdict(backup)))
    return backup


def copy_to(server: Server, data: Path) -> None:
    server.run_program(
        "pg_basebackup",
        f"--dbname={server.dsn()}",
        f"--pgdata={data}",
        "--wal-method=stream",
        "--checkpoint=fast",
    )


def backups(server: Server) -> list[Backup]:
    """All finished backups, oldest first."""
    found = [
        Backup(**json.loads(path.read_text())) for path in (server.folder / "backups").glob("*/backup.json")
    ]
    return sorted(found, key=lambda backup: (backup.moment, backup.id))


def remove(server: Server, backup_id: str) -> None:
    shutil.rmtree(folder(server, backup_id), ignore_errors=True)


def flush_wal(server: Server, seconds: float = 20.0) -> None:
    """Archive everything written so far, ending with a commit.

    Recovery to a moment stops at the first commit after it; without such a commit
    PostgreSQL cannot tell that the moment has been reached.
    """
    server.rows("SELECT pg_current_xact_id()")
    segment = server.rows("SELECT pg_walfile_name(pg_switch_wal())")[0][0]
    _wait_archived(server, server.archive / segment, seconds)


def _wait_archived(server: Server, path: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > deadline:
            raise ServerFailed("archive_command", f"{path.name} was not archived within {seconds:.0f} s")
        time.sleep(0.02)


def archive_rest(server: Server) -> None:
    """For a server that is down: bring the segments that it could not archive into the archive."""
    for segment in (server.data / "pg_wal").glob("[0-9A-F]" * 24):
        target = server.archive / segment.name
        if not target.exists():
            shutil.copyfile(segment, target)
            server.account.own(target)
