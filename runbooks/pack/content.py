"""What a pack says to people, as titles, sentences and tables; HTML and PDF are made of the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NO_LOAD = "This run wrote nothing through a public route; there is no load to show."
_LONGEST = 400
VERDICTS = {"passed": "passed", "failed": "failed", "not_proven": "not proven"}


@dataclass(frozen=True)
class Section:
    """A part of the report; `rows` are cells of text under `head`."""

    title: str
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def title(pack: Mapping[str, Any]) -> str:
    return f"{pack['drill']} on {pack['stack']}: {VERDICTS[pack['verdict']]}"


def sections(pack: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[Section]:
    """In the order that they are read."""
    yield _summary(pack, run)
    yield _objectives(pack)
    yield Section(
        "Checks",
        "" if pack["status"] == "completed" else f"The run was {pack['status']}; it shows nothing by itself.",
        ("Check", "Proves data", "Status", "Seen"),
        tuple(
            (each["title"], _yes(each["proves_data"]), _held(each["status"]), _seen(each["result"]))
            for each in pack["checks"]
        ),
    )
    yield _steps(run)
    if run["interruptions"]:
        rows = tuple((each["at"], each["why"]) for each in run["interruptions"])
        yield Section("Interruptions", "", ("When", "Why"), rows)
    yield from _people(pack)
    yield Section(
        "Controls",
        "Recovery is shown only by a drill that passed; testing by one that somebody reviewed.",
        ("Framework", "Control", "Title", "Shown by", "Status"),
        tuple(
            (each["framework"], each["control"], each["title"], each["shown_by"], _words(each["status"]))
            for each in pack["controls"]
        ),
    )


def _summary(pack: Mapping[str, Any], run: Mapping[str, Any]) -> Section:
    facts = pack["facts"]
    rows = [
        ("Drill", f"{pack['drill']}, version {pack['drill_version']}: {run['drill']['title']}"),
        ("Run", pack["run"]),
        ("Stack", pack["stack"]),
        ("Ran against", str(facts.get("environment", "not known"))),
        ("Began, ended", f"{pack['started']}, {pack['ended']} ({run['seconds']:g} s)"),
        ("Status, verdict", f"{pack['status']}, {VERDICTS[pack['verdict']]}"),
        ("Steady state", "deviated" if pack["deviated"] else "did not deviate"),
        ("Drill's SHA-256", pack["drill_sha256"]),
    ]
    for key, value in facts.items():
        if key != "environment":
            rows.append((key.replace("_", " "), "not known" if value is None else _seen(value)))
    return Section("Summary", "", ("What", "Value"), tuple(rows))


def _objectives(pack: Mapping[str, Any]) -> Section:
    measured, objectives = pack["measured"], pack["objectives"]
    rows = []
    for key, name in (("rpo_seconds", "RPO: data lost"), ("rto_seconds", "RTO: time to recover")):
        value = measured.get(key)
        met = "not measured" if value is None else "met" if value <= objectives[key] else "missed"
        rows.append((name, f"{objectives[key]:g} s", "" if value is None else f"{value:g} s", met))
    others = [key for key in measured if key not in objectives]
    rows += [(key.replace("_", " "), "", f"{measured[key]}", "") for key in others]
    load = pack["load"]
    if load["writes"]:
        rows.append(("acknowledged writes, refused ones", "", f"{load['writes']}, {load['errors']}", ""))
        rows.append(("latency p50, p99", "", f"{load['p50_ms']:g} ms, {load['p99_ms']:g} ms", ""))
    return Section("Objectives and measurements", "", ("What", "Objective", "Measured", ""), tuple(rows))


def _steps(run: Mapping[str, Any]) -> Section:
    rows = tuple(
        (
            entry["phase"], entry["title"], f"{entry['kind']} {entry['do']}", _words(entry["status"]),
            "" if entry["seconds"] is None else f"{entry['seconds']:g}", _seen(entry["result"]),
        )
        for entry in run["activities"]
    )  # fmt: skip
    return Section("Steps", "", ("Stage", "Step", "Activity", "Status", "Seconds", "Seen"), rows)


def _people(pack: Mapping[str, Any]) -> Iterator[Section]:
    rows = [(role, name or "not named") for role, name in pack["roles"].items()]
    rows += [("approved", name) for name in pack["approved_by"]]
    review = pack["review"]
    if review:
        rows.append(("review", f"{review['decision']} by {review['by']} on {review['on']}. {review['note']}"))
    else:
        rows.append(("review", "not signed off"))
    yield Section("Roles and review", "", ("Role", "Who"), tuple(rows))
    actions = tuple((each["what"], each["owner"], each["due"]) for each in pack["corrective_actions"])
    text = "" if actions else "None recorded."
    yield Section("Corrective actions", text, ("What", "Owner", "Due") if actions else (), actions)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _held(status: str) -> str:
    return "held" if status == "done" else _words(status)


def _words(status: str) -> str:
    return status.replace("_", " ")


def _seen(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… (whole in journal.jsonl)"


def legend(marks: Sequence[tuple[float, str]]) -> str:
    """The stages that the numbers in the plots stand for."""
    return "; ".join(f"{number} {stage}" for number, (_, stage) in enumerate(marks, 1))
