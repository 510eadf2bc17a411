"""The store's own database: connections, schema, and transactions that are tried again when they collide."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from psycopg import Connection, IsolationLevel, OperationalError, errors
from psycopg_pool import ConnectionPool, PoolTimeout

from runtime.fhir.errors import TooBusy, TooCostly, Unavailable

T = TypeVar("T")
Conn = Connection[Any]
ATTEMPTS = 25
_COLLISIONS = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)
_MIGRATION_LOCK = 0x46484952
_LONGEST = 30
"""Seconds for one statement; the slowest of an honest bundle takes a small part of that."""
_SETTINGS = f"-c search_path=fhir -c timezone=UTC -c jit=off -c statement_timeout={_LONGEST}s"
_COSTLY = (
    errors.QueryCanceled,
    errors.ProgramLimitExceeded,
    errors.StatementTooComplex,
    errors.TooManyColumns,
)


class UnsafeRole(RuntimeError):
    """The store was given a role that row and database rights do not bind."""

    def __init__(self, role: str) -> None:
        super().__init__(
            f"role: {role!r} is a PostgreSQL superuser; a FHIR store opens only with a role of its own, "
            "made with NOSUPERUSER and owning only its database"
        )
        self.role = role


class Database:
    """A pool on one database. Safe to use from many threads."""

    def __init__(
        self, dsn: str, max_size: int = 8, timeout: float = 15, password: Callable[[], str] | None = None
    ) -> None:
        """`password` is asked for anew at each connection."""
        settings = {"options": _SETTINGS}
        self._pool: ConnectionPool[Conn] = ConnectionPool(
            dsn,
            min_size=0,
            max_size=max_size,
            open=False,
            timeout=timeout,
            max_idle=120,
            kwargs=(lambda: {**settings, "password": password()}) if password else settings,
            name="fhir",
        )

    def open(self) -> None:
        """Refuse a superuser, then bring the schema up to date."""
        self._pool.open()
        try:
            with self._pool.connection() as connection:
                _refuse_superuser(connection)
                _migrate(connection)
        except BaseException:
            self._pool.close()
            raise

    def close(self) -> None:
        self._pool.close()

    def read(self, work: Callable[[Conn], T]) -> T:
        """Run reads that need no transaction of their own."""
        return self._once(lambda connection: _autocommitted(connection, work))

    def write(self, work: Callable[[Conn], T], serializable: bool = False) -> T:
        """Run work in one transaction; after a collision run it again, from the beginning."""
        for attempt in range(ATTEMPTS):
            try:
                return self._once(lambda connection: _isolated(connection, work, serializable))
            except TooCostly as error:
                if isinstance(error.__cause__, errors.QueryCanceled):
                    raise TooBusy("The write waited too long for others; send it again.") from error
                raise
            except _COLLISIONS:
                time.sleep(random.uniform(0, 0.004 * 2 ** min(attempt, 7)))
        raise TooBusy(f"Other writers kept changing the same resources ({ATTEMPTS} attempts); send it again.")

    def _once(self, work: Callable[[Conn], T]) -> T:
        """Run work on a connection; on another one where it was closed before anything was committed."""
        try:
            return self._on_connection(work)
        except _Lost:
            self._pool.check()
        try:
            return self._on_connection(work)
        except _Lost as error:
            raise Unavailable("The store's database cannot be reached; send it again.") from error

    def _on_connection(self, work: Callable[[Conn], T]) -> T:
        try:
            with self._pool.connection() as connection:
                try:
                    return work(connection)
                except _COSTLY as error:
                    raise TooCostly(f"The request is too complex, or takes over {_LONGEST} s.") from error
                except OperationalError as error:
                    if connection.closed:
                        raise _Lost from error
                    raise
        except (OperationalError, PoolTimeout) as error:
            if isinstance(error, _COLLISIONS):
                raise
            # Lost while committing: it may have happened, so it is not tried again here.
            raise Unavailable(f"The store's database cannot be reached: {error}") from error


class _Lost(Exception):
    """The connection was closed before the transaction's end."""


def _autocommitted(connection: Conn, work: Callable[[Conn], T]) -> T:
    connection.set_autocommit(True)
    try:
        return work(connection)
    finally:
        if not connection.closed:
            connection.set_autocommit(False)


def _isolated(connection: Conn, work: Callable[[Conn], T], serializable: bool) -> T:
    level = IsolationLevel.SERIALIZABLE if serializable else None
    if connection.isolation_level != level:
        connection.isolation_level = level
    return work(connection)


def _refuse_superuser(connection: Conn) -> None:
    row = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolsuper AND rolname IN (current_user, session_user)"
    ).fetchone()
    if row:
        raise UnsafeRole(row[0])


def _migrate(connection: Conn) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
    if connection.execute("SELECT to_regclass('fhir.about')").fetchone() == (None,):
        # IF NOT EXISTS would ask for the right to make schemas even where an administrator made this one.
        if connection.execute("SELECT to_regnamespace('fhir')").fetchone() == (None,):
            connection.execute("CREATE SCHEMA fhir")
        create_tables(connection)


def create_tables(connection: Conn) -> None:
    """Those of a store, in the first schema of the search path."""
    connection.execute(Path(__file__).with_name("schema.sql").read_text())
