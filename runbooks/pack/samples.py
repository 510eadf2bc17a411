"""The writer's log as series over the run: acknowledged writes a second, and how long each took."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Any

LOG = "writes.jsonl"


@dataclass(frozen=True)
class Samples:
    """Seconds are since the run began. `marks` are the stages' beginnings."""

    throughput: tuple[tuple[float, float], ...]
    latency: tuple[tuple[float, float], ...]
    marks: tuple[tuple[float, str], ...]
    errors: int

    @property
    def writes(self) -> int:
        return len(self.latency)

    def percentile(self, share: float) -> float | None:
        """Milliseconds that this share of the acknowledged writes did not exceed (nearest rank)."""
        ordered = sorted(value for _, value in self.latency)
        return ordered[max(0, ceil(len(ordered) * share) - 1)] if ordered else None

    def document(self) -> dict[str, Any]:
        return {
            "writes": self.writes,
            "errors": self.errors,
            "p50_ms": self.percentile(0.5),
            "p99_ms": self.percentile(0.99),
        }


def read(folder: Path, run: Mapping[str, Any]) -> Samples:
    """From `writes.jsonl`; empty where the drill wrote nothing."""
    begun = datetime.fromisoformat(run["started"]).timestamp()
    path = folder / LOG
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    told = [json.loads(line) for line in lines]
    done = [line for line in told if "id" in line]
    latency = tuple((round(line["at"] - begun, 3), round(1000 * line["seconds"], 3)) for line in done)
    per_second = Counter(int(at) for at, _ in latency)
    # A second without a write is a point too: that is what an outage looks like.
    span = range(min(per_second), max(per_second) + 1) if per_second else ()
    throughput = tuple((float(second), float(per_second[second])) for second in span)
    return Samples(throughput, latency, _marks(run, begun), len(told) - len(done))


def _marks(run: Mapping[str, Any], begun: float) -> tuple[tuple[float, str], ...]:
    first: dict[str, float] = {}
    for entry in run["activities"]:
        first.setdefault(entry["phase"], datetime.fromisoformat(entry["started"]).timestamp() - begun)
    return tuple((round(at, 3), stage) for stage, at in first.items())
