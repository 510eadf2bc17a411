"""`pack.json`: a run, its review and the controls that it is evidence for, in one document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from runbooks.errors import PackError
from runbooks.pack.review import Review
from runbooks.pack.samples import Samples

NAME = "pack.json"
KEY = "key.json"
_HERE = Path(__file__).parent
_SAME = (
    "run",
    "stack",
    "started",
    "ended",
    "status",
    "verdict",
    "deviated",
    "objectives",
    "measured",
    "roles",
)


@cache
def _controls() -> list[dict[str, str]]:
    found: list[dict[str, str]] = yaml.safe_load((_HERE / "controls.yaml").read_text())
    return found


@cache
def _schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_HERE / "pack.schema.json").read_text())
    return found


def make(run: Mapping[str, Any], review: Review, samples: Samples) -> dict[str, Any]:
    """From a closed run."""
    drill = run["drill"]
    facts = dict(run["facts"])
    if "recovered_from" in run["remembered"]:
        facts["recovered_from"] = run["remembered"]["recovered_from"]
    return {
        "format": 1,
        "drill": drill["name"],
        "drill_version": drill["version"],
        "drill_sha256": drill["sha256"],
        "date": datetime.fromisoformat(run["started"]).astimezone(UTC).date().isoformat(),
        **{key: run[key] for key in _SAME},
        "facts": facts,
        "checks": [_check(run, check) for check in drill["checks"]],
        "approved_by": run["approved_by"],
        **review.document(),
        "controls": [_control(each, run["verdict"], review) for each in _controls()],
        "load": samples.document(),
    }


def _check(run: Mapping[str, Any], check: Mapping[str, Any]) -> dict[str, Any]:
    name = (check["do"], check["title"])
    seen = [
        entry
        for entry in run["activities"]
        if (entry["do"], entry["title"]) == name and entry["phase"].startswith("checks")
    ]
    return {
        "do": check["do"],
        "title": check["title"],
        "proves_data": check["proves_data"],
        "status": seen[-1]["status"] if seen else "not_run",
        "result": seen[-1]["result"] if seen else None,
    }


def _control(known: Mapping[str, str], verdict: str, review: Review) -> dict[str, str]:
    """Testing is shown by any drill that somebody reviewed; recovery only by one that passed."""
    shown = verdict == "passed" if known["by"] == "verdict" else review.by is not None
    rest = {key: value for key, value in known.items() if key != "by"}
    return {**rest, "status": "shown" if shown else "not_shown"}


def read(folder: Path) -> dict[str, Any]:
    """A pack's document, checked against its schema."""
    try:
        told: dict[str, Any] = json.loads((folder / NAME).read_bytes())
        jsonschema.validate(told, _schema())
    except (OSError, ValueError) as error:
        raise PackError(NAME, "is missing or is no JSON") from error
    except jsonschema.ValidationError as error:
        key = ".".join(map(str, error.absolute_path)) or "pack"
        raise PackError(NAME, f"{key}: {error.message}") from error
    return told
