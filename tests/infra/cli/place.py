"""A place with two cells, and one without the second, as stack files in a folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from infra.cli.places import STACKS


def committed(folder: Path) -> Path:
    """The local place as it ships."""
    for path in STACKS.glob("Pulumi.local-*.yaml"):
        shutil.copy(path, folder)
    return folder


def edited(folder: Path, stack: str, name: str | None = None, **changes: Any) -> Path:
    """Change keys of a stack file (None removes one), or write it under another name."""
    document = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text())
    for key, value in changes.items():
        full = key.replace("__", ":")
        document["config"][full] = value
        if value is None:
            del document["config"][full]
    path = folder / f"Pulumi.{name or stack}.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def second_cell(folder: Path, **changes: Any) -> Path:
    """`local-cell-2` in the Netherlands, with a project of its own."""
    own = {
        "careplane__site": "eemshaven",
        "careplane__dedicatedTenants": [],
        "gcp__project": "careplane2-cell",
        "gcp__region": "europe-west4",
    }
    return edited(folder, "local-cell", "local-cell-2", **{**own, **changes})


def paired_cell(folder: Path, **changes: Any) -> Path:
    """`local-cell-2` as the second site of `local-cell`, in the same projects; both say so."""
    own = {
        "careplane__site": "eemshaven",
        "careplane__pairedCell": "local-cell",
        "careplane__recoverable": None,
        "careplane__pairedSite": "frankfurt",
        "careplane__pairedRegion": "europe-west3",
        "careplane__subnet": "10.12.0.0/20",
        "gcp__region": "europe-west4",
    } | changes
    second = edited(folder, "local-cell", "local-cell-2", **own)
    if own["careplane__pairedCell"]:
        said = {"careplane__recoverable": "true", "careplane__pairedRegion": own["gcp__region"]}
        edited(folder, "local-cell", **said)
    return second
