"""Copies of real servers: at a moment, at a backup, as a standby."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from localcloud.postgres import backup, recovery
from localcloud.postgres.server import Server
from tests.localcloud.postgres.conftest import Make


def mark(server: Server, text: str) -> datetime:
    """Commit a marker; a moment that lies after it and before the next."""
    server.execute("CREATE TABLE IF NOT EXISTS marks(text text)")
    server.execute("INSERT INTO marks VALUES (%s)", (text,))
    time.sleep(0.05)
    moment = backup.server_time(server)
    time.sleep(0.05)
    return moment


def marks(server: Server) -> str:
    return "".join(row[0] for row in server.rows("SELECT text FROM marks ORDER BY text"))


def test_a_restore_holds_what_was_there_at_the_moment_and_nothing_later(make: Make) -> None:
    source = make("source")
    source.ensure_started()
    first = backup.take(source, "1")
    moment = mark(source, "A")
    now = mark(source, "B")
    restored, newest = make("restored"), make("newest")
    recovery.restore_to_moment(source, first, restored, moment)
    assert marks(restored) == "A" and marks(source) == "AB"
    recovery.restore_to_moment(source, first, newest, now)
    assert marks(newest) == "AB"


def test_what_was_restored_can_be_restored_again_on_its_own_line(make: Make) -> None:
    source, second, third = make("source"), make("second"), make("third")
    source.ensure_started()
    first = backup.take(source, "1")
    recovery.restore_to_moment(source, first, second, mark(source, "A"))
    base = backup.take(second, "1")
    moment = mark(second, "C")
    mark(second, "D")
    recovery.restore_to_moment(second, base, third, moment)
    assert marks(third) == "AC"
    assert backup.timeline(third) > backup.timeline(second) > backup.timeline(source)


def test_a_source_that_crashed_gives_up_all_that_it_had_committed(make: Make) -> None:
    source, restored = make("source"), make("restored")
    source.ensure_started()
    first = backup.take(source, "1")
    mark(source, "A")
    source.stop("immediate")
    recovery.restore_to_moment(source, first, restored, datetime.now(UTC))
    assert marks(restored) == "A"


def test_a_backup_is_restored_in_place(make: Make) -> None:
    source = make("source")
    source.ensure_started()
    mark(source, "A")
    one = backup.take(source, "1")
    mark(source, "B")
    recovery.restore_backup(source, one, source)
    assert marks(source) == "A"
    mark(source, "C")
    assert [one.id for one in backup.backups(source)] == ["1"]


def test_a_standby_follows_and_both_can_change_places_without_loss(make: Make) -> None:
    primary, standby = make("primary"), make("standby")
    primary.ensure_started()
    recovery.make_standby(primary, standby)
    mark(primary, "A")
    assert marks(standby) == "A"
    recovery.switch_over(primary, standby)
    mark(standby, "B")
    assert marks(primary) == "AB" and primary.rows("SELECT pg_is_in_recovery()") == [(True,)]
    recovery.switch_over(standby, primary)
    mark(primary, "C")
    assert marks(standby) == "ABC"
    primary.stop("immediate")
    recovery.promote(standby)
    mark(standby, "D")
    assert marks(standby) == "ABCD"


def test_the_servers_flag_survives_in_a_copy_taken_now(make: Make) -> None:
    source, copy = make("source"), make("copy")
    source.ensure_started()
    mark(source, "A")
    recovery.copy_now(source, copy)
    mark(source, "B")
    assert marks(copy) == "A"
