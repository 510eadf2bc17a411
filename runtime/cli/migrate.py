"""`python -m runtime migrate`: the schema, the blind index key when there is none, an older audit trail."""

from __future__ import annotations

from runtime.settings import Database, load


def run() -> int:
    settings = load()
    from runtime.db.migrate import migrate
    from runtime.fields.blind_key import BlindKey
    from runtime.parts import connect

    outside = connect(settings)
    migrate(outside.engine, settings.tenant)
    print(f"database {settings.database.name}: schema is up to date")
    made = BlindKey(outside.secrets, settings.blind_index_secret, settings.tenant).ensure()
    print(f"blind index key: {'made' if made else 'is there'}")
    outside.engine.dispose()
    if settings.audit_database is not None:
        _bring_over(settings.audit_database)
    return 0


def _bring_over(trail: Database) -> None:
    """What the runtime could still change, of releases before it could only add."""
    from runtime.clients.identity import SQL_LOGIN, GoogleIdentity
    from runtime.db.append_only import bring_over
    from runtime.db.engine import connector

    with connector(trail, GoogleIdentity(SQL_LOGIN).token)() as connection:
        if number := bring_over(connection):
            print(f"audit trail: {number} resources brought over")
