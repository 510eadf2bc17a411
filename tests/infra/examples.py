"""The examples of the rooms' READMEs: found, run against the stand-in engine, and described.

Every fenced `python` block of `infra/<room>/README.md` is a whole program. What it declares is kept in
`tests/infra/<room>/examples/<heading>.yaml`; after a change that is meant, write the inventories again:

    python -m tests.infra.examples                 # all rooms
    python -m tests.infra.examples infra/storage   # one
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.infra.engine import declare

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """One program of a README, named after the heading above it."""

    room: str
    name: str
    code: str

    @property
    def inventory(self) -> Path:
        return ROOT / "tests" / "infra" / self.room / "examples" / f"{self.name}.yaml"

    def described(self) -> dict[str, Any]:
        """How many resources of each type, and each with its inputs."""
        program = compile(self.code, f"infra/{self.room}/README.md: {self.name}", "exec")
        declared = declare(lambda: exec(program, {"__name__": "example"}))
        google = [each for each in declared.resources if each.type.startswith("gcp:")]
        counts = Counter(each.type for each in google)
        return {
            "counts": dict(sorted(counts.items())),
            "resources": {
                f"{each.type}::{each.name}": each.inputs
                for each in sorted(google, key=lambda each: (each.type, each.name))
            },
        }

    def write(self) -> None:
        self.inventory.parent.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(self.described(), sort_keys=True, allow_unicode=True, width=110)
        self.inventory.write_text(text)


def rooms() -> list[Path]:
    """The folders of `infra/` that hold components."""
    parts = [folder for folder in (ROOT / "infra").iterdir() if (folder / "__init__.py").exists()]
    return sorted(folder for folder in parts if folder.name not in ("cli", "config", "stack"))


def examples(room: Path) -> list[Example]:
    """The examples of one room, in the order of its README."""
    readme = room / "README.md"
    text = readme.read_text() if readme.exists() else ""
    found = [
        Example(room.name, _slug(_heading(text, fence.start())), fence[1]) for fence in _FENCE.finditer(text)
    ]
    twice = [name for name, count in Counter(each.name for each in found).items() if count > 1]
    assert not twice, f"{readme}: two examples under one heading: {twice}"
    return found


def _heading(text: str, before: int) -> str:
    return [each[1] for each in _HEADING.finditer(text, 0, before)][-1]


def _slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def main(arguments: list[str]) -> int:
    for room in [Path(each).resolve() for each in arguments] or rooms():
        for example in examples(room):
            example.write()
            print(example.inventory.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
