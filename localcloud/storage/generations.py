"""The table of objects and the files with their bytes: every generation, live or not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.storage import tables
from localcloud.storage.errors import no_object


@dataclass(frozen=True)
class Stored:
    """An object with the file that holds its bytes."""

    body: Json
    blob: str
    state: str


def find(
    cloud: Cloud, bucket: str, name: str, generation: str | None = None, *, soft: bool = False
) -> Stored | None:
    """The live object, or any version by its generation."""
    query, values = "state='live'", [bucket, name]
    if generation is not None:
        query, values = (
            "generation=? AND " + ("state='soft'" if soft else "state!='soft'"),
            [bucket, name, generation],
        )
    with tables.transaction(cloud) as db:
        row = db.execute(
            f"SELECT body, blob, state FROM storage_object WHERE bucket=? AND name=? AND {query}", values
        ).fetchone()
    return Stored(json.loads(row[0]), row[1], row[2]) if row else None


def load(
    cloud: Cloud, bucket: str, name: str, generation: str | None = None, *, soft: bool = False
) -> Stored:
    found = find(cloud, bucket, name, generation, soft=soft)
    if found is None:
        raise no_object(bucket, name)
    return found


def every(cloud: Cloud, bucket: str, prefix: str, states: tuple[str, ...]) -> list[Stored]:
    """Objects of a bucket by name, then generation."""
    marks = ",".join("?" * len(states))
    with tables.transaction(cloud) as db:
        rows: list[Any] = db.execute(
            "SELECT body, blob, state FROM storage_object WHERE bucket=? AND substr(name,1,?)=? "
            f"AND state IN ({marks}) "
            "ORDER BY name, generation",
            (bucket, len(prefix), prefix, *states),
        ).fetchall()
    return [Stored(json.loads(row[0]), row[1], row[2]) for row in rows]


def next_generation(cloud: Cloud, bucket: str, name: str, now: int) -> int:
    """Generations rise, even where the clock stood still or went back."""
    with tables.transaction(cloud) as db:
        row = db.execute(
            "SELECT max(generation) FROM storage_object WHERE bucket=? AND name=?", (bucket, name)
        ).fetchone()
    return max(now, (row[0] or 0) + 1)


def put(cloud: Cloud, body: Json, blob: str, state: str) -> None:
    """Write a row; the one of the same generation is replaced."""
    with tables.transaction(cloud) as db:
        db.execute(
            "INSERT OR REPLACE INTO storage_object VALUES (?,?,?,?,?,?)",
            (body["bucket"], body["name"], int(body["generation"]), state, json.dumps(body), blob),
        )


def forget(cloud: Cloud, gone: Iterable[Stored]) -> None:
    """Remove rows for good; their bytes follow with `discard`, when the removal is on disk."""
    with tables.transaction(cloud) as db:
        for stored in gone:
            body = stored.body
            db.execute(
                "DELETE FROM storage_object WHERE bucket=? AND name=? AND generation=?",
                (body["bucket"], body["name"], int(body["generation"])),
            )


def discard(cloud: Cloud, gone: Iterable[Stored]) -> None:
    """Remove the bytes of rows that are gone."""
    for stored in gone:
        tables.blob_path(cloud, stored.body["bucket"], stored.blob).unlink(missing_ok=True)
