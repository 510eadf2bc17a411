"""`python -m runtime grants`: as the cell's administrator, lets only the tenant into its database."""

from __future__ import annotations

from runtime.settings import load_grants


def run() -> int:
    settings = load_grants()
    from runtime.clients.identity import SQL_LOGIN, GoogleIdentity
    from runtime.db.engine import SCHEMA, connector
    from runtime.db.grants import FHIR_SCHEMA, grant

    schemas = (SCHEMA, FHIR_SCHEMA) if settings.private else (SCHEMA,)

    with connector(settings.database, GoogleIdentity(SQL_LOGIN).token)() as connection:
        for statement in grant(connection, settings.database.name, settings.tenant_user, schemas):
            print(statement)
    return 0
