"""`python -m runtime grants`: as the cell's administrator, lets only the tenant into its database.

The audit trail's it may read and add to, and no more.
"""

from __future__ import annotations

from runtime.settings import load_grants


def run() -> int:
    settings = load_grants()
    from runtime.clients.identity import SQL_LOGIN, GoogleIdentity
    from runtime.db.append_only import grant_append
    from runtime.db.engine import SCHEMA, connector
    from runtime.db.grants import FHIR_SCHEMA, grant

    schemas = (SCHEMA, FHIR_SCHEMA) if settings.private else (SCHEMA,)

    with connector(settings.database, GoogleIdentity(SQL_LOGIN).token)() as connection:
        name, user = settings.database.name, settings.tenant_user
        done = (
            grant_append(connection, name, user)
            if settings.append_only
            else grant(connection, name, user, schemas)
        )
        for statement in done:
            print(statement)
    return 0
