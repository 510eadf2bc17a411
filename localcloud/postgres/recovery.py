"""Begin a server from another one's files: at a moment, at a backup, as it is now, or as its standby."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from datetime import datetime

from localcloud.postgres import backup as backups
from localcloud.postgres.backup import Backup
from localcloud.postgres.config import ADMIN, restore_command
from localcloud.postgres.errors import RecoveryFailed, ServerFailed
from localcloud.postgres.server import Server

_BEFORE_TARGET = "recovery ended before configured recovery target was reached"
_SECONDS = 300.0


def restore_to_moment(source: Server, backup: Backup, target: Server, moment: datetime) -> None:
    """A new server that holds what `source` had committed by `moment`, which lies after the backup."""
    settings = {
        "restore_command": restore_command(source.archive),
        "recovery_target_time": moment.isoformat(),
        "recovery_target_inclusive": "on",
        "recovery_target_timeline": str(backup.timeline),
        "recovery_target_action": "promote",
    }
    if source.running:
        backups.flush_wal(source)
    else:
        backups.archive_rest(source)
    try:
        _restore(source, backup, target, settings)
    except ServerFailed as error:
        if _BEFORE_TARGET not in error.log:
            raise
        # The log ends before the moment: nothing was committed in between, so its end is the moment.
        del settings["recovery_target_time"], settings["recovery_target_inclusive"]
        _restore(source, backup, target, settings)


def restore_backup(source: Server, backup: Backup, target: Server) -> None:
    """The backup as it was taken, on `target`, whose present data is given up."""
    settings = {
        "restore_command": restore_command(source.archive),
        "recovery_target": "immediate",
        "recovery_target_timeline": str(backup.timeline),
        "recovery_target_action": "promote",
    }
    _restore(source, backup, target, settings)


def _restore(source: Server, backup: Backup, target: Server, settings: Mapping[str, str]) -> None:
    target.stop()
    target.prepare()
    shutil.rmtree(target.data, ignore_errors=True)
    shutil.copytree(backups.folder(source, backup.id) / "data", target.data, symlinks=True)
    target.account.own_tree(target.data)
    target.data.chmod(0o700)
    target.signal_file("recovery.signal", True)
    target.start(settings)
    wait_promoted(target)
    target.configure()


def wait_promoted(server: Server, seconds: float = _SECONDS) -> None:
    """Until the server takes writes; a server that ended during recovery is an error with its log."""
    deadline = time.monotonic() + seconds
    begin = server.log.stat().st_size
    while time.monotonic() < deadline:
        if not server.running:
            server.stop()
            raise ServerFailed("recovery", server.log_since(max(0, begin - 4096)))
        try:
            if not server.rows("SELECT pg_is_in_recovery()")[0][0]:
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise RecoveryFailed(f"{server.name} was not promoted within {seconds:.0f} s")


def copy_now(source: Server, target: Server) -> None:
    """A new server with what the running `source` holds at this moment."""
    _fresh_copy(source, target)
    target.start()


def _fresh_copy(source: Server, target: Server) -> None:
    target.stop()
    target.prepare()
    shutil.rmtree(target.data, ignore_errors=True)
    backups.copy_to(source, target.data)


def standby_settings(primary: Server, standby: Server) -> dict[str, str]:
    """Stream from the primary; what it no longer keeps comes from its archive."""
    connection = f"host={primary.sockets} port={primary.address.backend_port} user={ADMIN}"
    return {
        "primary_conninfo": f"{connection} application_name={standby.name}",
        "restore_command": restore_command(primary.archive),
        "recovery_target_timeline": "latest",
    }


def make_standby(primary: Server, standby: Server) -> None:
    """A read-only server that follows the running primary."""
    _fresh_copy(primary, standby)
    start_standby(primary, standby)


def start_standby(primary: Server, standby: Server) -> None:
    standby.signal_file("standby.signal", True)
    standby.start(standby_settings(primary, standby))


def promote(standby: Server) -> None:
    """End following; the server takes writes on a line of history of its own."""
    standby.execute("SELECT pg_promote(true, 60)")
    wait_promoted(standby)
    standby.configure()


def caught_up(primary_lsn: str, standby: Server) -> bool:
    query = "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), %s) >= 0"
    return bool(standby.rows(query, (primary_lsn,))[0][0])


def switch_over(primary: Server, standby: Server, seconds: float = 60.0) -> None:
    """Swap the two without losing a commit: the primary ends cleanly first, its last WAL is waited for."""
    lsn = primary.rows("SELECT pg_current_wal_lsn()")[0][0]
    deadline = time.monotonic() + seconds
    while not caught_up(lsn, standby):
        if time.monotonic() > deadline:
            raise RecoveryFailed(f"{standby.name} is more than {seconds:.0f} s behind {primary.name}")
        time.sleep(0.02)
    # A fast shutdown sends everything, its checkpoint too, to the standby before the senders end.
    primary.stop()
    promote(standby)
    start_standby(standby, primary)
