"""What a drill runs against, and the engine's ways in: the drills, the activities, and who signs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evidence.signature import Signer
from runbooks.drill.activities import Activity
from runbooks.drill.bounds import Metrics


@dataclass(frozen=True)
class Target:
    """A stack that is up: what is known of it, and the tools that activities act by.

    `facts` goes into the journal: commit, configuration hash, image, whether it is local.
    `canaries` are values that the tools put into the stack and no evidence may hold.
    """

    stack: str
    production: bool
    placement: str
    facts: Mapping[str, Any]
    tools: Any = None
    metrics: Metrics = field(default_factory=dict)
    canaries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """Who asks for a target: a run with its id and folder, and the operator's options."""

    stack: str
    run: str
    folder: Path
    token_command: str | None = None


@dataclass(frozen=True)
class Key:
    """The key that signs packs, and what Cloud KMS says of it (protection level, attestation)."""

    signer: Signer
    about: Mapping[str, Any]


@dataclass(frozen=True)
class Engine:
    """`open` connects to a stack; `key` finds the key that signs for it (by name, or the stack's own)."""

    drills: Path
    known: Mapping[str, Activity]
    open: Callable[[Request], Target]
    key: Callable[[str, str | None], Key]
