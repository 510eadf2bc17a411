"""`python -m runtime key rotate`: a new data key from now on; what earlier ones sealed still opens."""

from __future__ import annotations

from argparse import Namespace

from runtime.settings import load


def run(arguments: Namespace) -> int:
    settings = load()
    from runtime.db.data_keys import DataKeyTable
    from runtime.fields.keys import DataKeys
    from runtime.parts import connect

    outside = connect(settings)
    key_id = DataKeys(outside.kms, settings.field_key, settings.tenant, DataKeyTable(outside.engine)).rotate()
    print(f"data key {key_id} is current; running services follow within 10 minutes")
    outside.engine.dispose()
    return 0
