"""`python -m runtime migrate`: the schema, and the blind index key when there is none."""

from __future__ import annotations

from runtime.settings import load


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
    return 0
