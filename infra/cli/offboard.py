"""Off-boards a tenant: stop its writes, export, verify, lift protection, shred the keys, destroy, certify.

In that order. Every step is safe to repeat, and what is done is on disk before the next begins: the same
command goes on after a kill. Nothing is destroyed without an export that was read back and that nothing was
written after, or a reason for none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from infra.cli import destroy as destruction
from infra.cli import offboard_certificate as certificate
from infra.cli import offboard_freeze as freezer
from infra.cli import offboard_keys as keys
from infra.cli import recovery
from infra.cli.errors import CliError
from infra.cli.google import Google
from infra.cli.offboard_cipher import Recipient, fingerprint
from infra.cli.offboard_database import release
from infra.cli.offboard_source import Source
from infra.cli.offboard_state import OffboardState, StackState, now
from infra.cli.places import Stack
from infra.cli.progress import Progress
from infra.cli.pulumi import Pulumi
from infra.cli.survivors import survivors
from infra.config import TenantConfig


class Changed(CliError):
    """What was exported is not what is there: something was made, changed or deleted since."""

    def __init__(self, tenant: str, changes: list[str]) -> None:
        super().__init__(
            f"{tenant} was changed after the export began: by a request that was under way, or past its "
            f"service, which is read-only ({'; '.join(changes)}). Run again: it is exported anew"
        )


class Spoilt(CliError):
    """The archive is no longer the one that was read back."""

    def __init__(self, tenant: str, path: Path, then: str) -> None:
        super().__init__(f"{tenant}: {path} was changed or removed since it was verified; {then}")


class TooLate(CliError):
    """Another choice of export, when keys have been given up already."""

    code = 2

    def __init__(self, tenant: str) -> None:
        super().__init__(
            f"{tenant}: an earlier run has begun to destroy its keys: --recipient-key or --no-export must be "
            "as they were then"
        )


@dataclass
class Offboarding:
    """`stacks` are the tenant's, by name; `to` is None where nothing is to be exported."""

    pulumi: Pulumi
    google: Google
    source: Source
    stacks: dict[str, Stack]
    state: OffboardState
    to: Recipient | None
    reason: str = ""
    say: Callable[[str], None] = lambda line: None
    drain: float | None = None
    """Seconds to wait for requests that began before the writes stopped; else as long as a write may take."""
    pause: Callable[[float], None] = time.sleep

    def run(self) -> Path:
        """All steps that are not done yet; the folder of the certificate."""
        try:
            return self._run()
        except BaseException:
            if self._frozen() and not self._begun():
                self.say(_reopened_by(self.state))
            raise

    def _run(self) -> Path:
        cell = self.state.stacks[0].cell
        signer = keys.signer(self.google, cell, self.pulumi.outputs(cell))
        self._read_outputs()
        self._freeze()
        self._export()
        for each in self.state.stacks:
            self._lift(each)
        for each in self.state.stacks:
            self._shred(each)
        for each in self.state.stacks:
            self._destroy(each)
        self._require_intact("nothing is certified: put it back as it was, and run again")
        pack = certificate.issue(self.state, signer)
        self._note("certified", f"certificate in {pack}")
        self._remove()
        return pack

    # -- steps ---------------------------------------------------------------

    def _read_outputs(self) -> None:
        """What later steps need and the destroyed stack no longer tells."""
        for each in self.state.stacks:
            if not each.outputs:
                recovery.settle(self.pulumi, each.name, self._progress())
                each.outputs = self.pulumi.outputs(each.name)
                if not each.outputs.get("keys"):
                    raise CliError(f"{each.name} has no output `keys`: it was never up, or is half made")
        self.state.save()

    def _freeze(self) -> None:
        """Every time until keys go, for an `up` in between opens it; what is then written is exported too."""
        if self.to is None or self._begun():
            return
        for each in self.state.stacks:
            each.freezing = each.freezing or now()
            self.state.save()
            if freezer.freeze(self.pulumi, self.stacks[each.name], bool(each.lifted)) or not each.frozen:
                self.state.export, each.frozen, each.lifted = {}, now(), ""
            self.state.save()
            freezer.require(self.google, each.name, each.outputs, self.pause)

    def _frozen(self) -> bool:
        return any(each.freezing for each in self.state.stacks)

    def _export(self) -> None:
        """As asked for now: an earlier run's export counts for the same recipient, and while it is whole."""
        chosen = fingerprint(self.to) if self.to else ""
        same = bool(self.state.export) and self.state.recipient == chosen
        if self._begun() and not same:
            raise TooLate(self.state.tenant)
        if same and (self._begun() or self._intact()):
            return
        self.state.export, self.state.recipient = {}, chosen
        self.state.save()
        if self.to is None:
            self.state.export = {"none": self.reason}
        else:
            self.state.export = self.source.export(
                self.state.tenant, self._serving().outputs, self.to, Path(self.state.out), self.say
            )
        self.state.save()

    def _begun(self) -> bool:
        """Whether keys are being given up already: then there is nothing left to export."""
        return any(each.shredding for each in self.state.stacks)

    def _intact(self) -> bool:
        export = self.state.export
        return "none" in export or self.source.intact(Path(self.state.out), export)

    def _require_intact(self, then: str) -> None:
        if not self._intact():
            path = Path(self.state.out) / str(self.state.export["archive"])
            raise Spoilt(self.state.tenant, path, then)

    def _serving(self) -> StackState:
        """The stack of the active site, whose endpoint has the tenant's data."""
        active = (each for each in self.state.stacks if each.outputs.get("active", True))
        return next(active, self.state.stacks[0])

    def _drain(self) -> None:
        """Until the requests that began before the writes stopped have ended, one way or the other."""
        if self.to is None or self._begun():
            return
        for each in self.state.stacks:
            allowed = freezer.require(self.google, each.name, each.outputs, self.pause)
            seconds = allowed if self.drain is None else self.drain
            if (left := freezer.remaining(each.frozen, seconds, now())) > 0:
                self.say(f"{each.name}: waiting {left:.0f} s for requests that began before it was read-only")
                self.pause(left)

    def _refuse_changes(self, last: bool) -> None:
        """The first look is for what was written; the last one, before the keys, for all that is there."""
        export, outputs = self.state.export, self._serving().outputs
        if "none" in export or self._begun():
            return
        if last:
            changes = self.source.changes(outputs, export)
        else:
            count = self.source.written_since(outputs, export["begun"])
            changes = [f"{count} resources or documents were written"] if count else []
        if changes:
            self.state.export = {}
            self.state.save()
            raise Changed(self.state.tenant, changes)

    def _lift(self, each: StackState) -> None:
        if each.lifted:
            return
        self._refuse_changes(last=False)
        also = freezer.FROZEN if each.frozen else {}
        destruction.lift(self.pulumi, self.stacks[each.name], self._progress(), also)
        exported = self.pulumi.export(each.name)
        each.survivors = [asdict(survivor) for survivor in survivors(exported)]
        kept = {survivor["id"] for survivor in each.survivors}
        each.resources = [found for found in _resources(exported) if found["id"] not in kept]
        each.lifted = now()
        self.state.save()

    def _shred(self, each: StackState) -> None:
        if each.shredded:
            return
        self._drain()
        self._refuse_changes(last=True)
        if not self._begun():
            self._require_intact("run again: it is exported anew")
        each.shredding = each.shredding or now()
        self.state.save()
        each.keys = keys.shred(self.google, each.outputs["keys"].values())
        each.shredded = now()
        self.state.save()
        gone = max(key.gone for key in each.keys)
        self.say(f"{each.name}: {len(each.keys)} key versions scheduled for destruction, gone by {gone}")

    def _destroy(self, each: StackState) -> None:
        if each.destroyed:
            return
        progress = self._progress()
        recovery.settle(self.pulumi, each.name, progress)
        release(self.pulumi, each.name)
        destruction.destroy_one(self.pulumi, self.stacks[each.name], True, progress)
        if left := _resources(self.pulumi.export(each.name)):
            raise CliError(f"{each.name}: {len(left)} resources are still there; run it again")
        each.destroyed = now()
        self._note("", f"{each.name}: destroyed in {progress.elapsed():.0f} s")

    def _remove(self) -> None:
        """The empty stack and its file go last, so that `up` does not bring the tenant back."""
        if self.state.removed:
            return
        known = self.pulumi.known()
        for name, stack in self.stacks.items():
            if name in known:
                # --preserve-config: the file is ours to remove, since the CLI may look for it elsewhere.
                self.pulumi.ask("stack", "rm", "--yes", "--preserve-config", "--stack", name)
            stack.path.unlink(missing_ok=True)
        said = "stacks removed, as rehearsed" if self.state.rehearsed else "stack files removed; commit that"
        self._note("removed", said)

    # -- words ---------------------------------------------------------------

    def _note(self, step: str, line: str) -> None:
        if step:
            setattr(self.state, step, now())
        self.state.save()
        self.say(line)

    def _progress(self) -> Progress:
        return Progress()


def _reopened_by(state: OffboardState) -> str:
    place = f"--place {state.place}{' --rehearse' if state.rehearsed else ''}"
    return (
        f"{state.tenant} is read-only now, and nothing of it is destroyed. Run the same command to go on, or "
        f"let it be written to again: python -m infra tenant offboard {state.tenant} {place} --reopen"
    )


def _resources(exported: dict[str, Any]) -> list[dict[str, str]]:
    """Type and id of what a stack's state holds, but for providers."""
    found = exported["deployment"].get("resources") or []
    return [
        {"type": each["type"], "id": each["id"]}
        for each in found
        if each.get("custom") and each.get("id") and not each["type"].startswith("pulumi:")
    ]


def begin(
    file: Path, place: str, tenant: str, out: Path, stacks: list[Stack], rehearsed: bool = False
) -> OffboardState:
    """The state before the first step."""
    configs = {stack.name: stack.config for stack in stacks}
    states = [
        StackState(name, config.cell_stack)
        for name, config in configs.items()
        if isinstance(config, TenantConfig)
    ]
    return OffboardState(file, place, tenant, str(out), states, rehearsed=rehearsed)
