"""A dedicated tenant's instance goes as a whole: under a destroyed key Cloud SQL suspends it.

Nothing can be dropped in a suspended instance, but the instance itself can be deleted.
https://cloud.google.com/sql/docs/postgres/cmek
"""

from __future__ import annotations

import json

from infra.cli.pulumi import Pulumi

_INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
_INSIDE = ("gcp:sql/database:Database", "gcp:sql/user:User")


def release(pulumi: Pulumi, stack: str) -> int:
    """Let the databases and users of an instance of the stack's own go with it; how many there are.

    They are marked in the stack's state as what destroy only forgets. On a pooled instance, whose key is the
    cell's, they are dropped one by one as ever.
    """
    exported = pulumi.export(stack)
    resources = exported["deployment"].get("resources") or []
    own = {each["outputs"]["name"] for each in resources if each["type"] == _INSTANCE}
    inside = [
        each
        for each in resources
        if each["type"] in _INSIDE and each["inputs"]["instance"] in own and not each.get("retainOnDelete")
    ]
    for each in inside:
        each["retainOnDelete"] = True
    if inside:
        edited = pulumi.home / f"{stack}.offboard.state"
        edited.touch(mode=0o600)
        edited.write_text(json.dumps(exported))
        pulumi.ask("stack", "import", "--stack", stack, "--file", str(edited))
        edited.unlink()
    return len(inside)
