"""Off-boards a tenant: export, verify, lift protection, shred the keys, destroy, certify. In that order.

Every step is safe to repeat, and what is done is on disk before the next begins: the same command goes on
after a kill. Nothing is destroyed without an export that was read back, or a reason for none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from infra.cli import destroy as destruction
from infra.cli import offboard_certificate as certificate
from infra.cli import offboard_keys as keys
from infra.cli import recovery
from infra.cli.errors import CliError
from infra.cli.google import Google
from infra.cli.offboard_cipher import Recipient
from infra.cli.offboard_database import release
from infra.cli.offboard_source import Source
from infra.cli.offboard_state import OffboardState, StackState, now
from infra.cli.places import Stack
from infra.cli.progress import Progress
from infra.cli.pulumi import Pulumi
from infra.cli.survivors import survivors
from infra.config import TenantConfig


class Changed(CliError):
    """The tenant wrote after its export: what was exported is not all there is."""

    def __init__(self, tenant: str, count: int) -> None:
        super().__init__(
            f"{tenant}: {count} resources were written after the export began. Stop its clients and run "
            "again: it is exported anew"
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

    def run(self) -> Path:
        """All steps that are not done yet; the folder of the certificate."""
        cell = self.state.stacks[0].cell
        signer = keys.signer(self.google, cell, self.pulumi.outputs(cell))
        self._read_outputs()
        self._export()
        for each in self.state.stacks:
            self._lift(each)
        for each in self.state.stacks:
            self._shred(each)
        for each in self.state.stacks:
            self._destroy(each)
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

    def _export(self) -> None:
        export, folder = self.state.export, Path(self.state.out)
        if "none" in export or (export and (self._begun() or self.source.intact(folder, export))):
            return
        if self.to is None:
            self.state.export = {"none": self.reason}
        else:
            self.state.export = self.source.export(
                self.state.tenant, self._serving().outputs, self.to, folder, self.say
            )
        self.state.save()

    def _begun(self) -> bool:
        """Whether keys have been given up already: then there is nothing left to export."""
        return any(each.shredded for each in self.state.stacks)

    def _serving(self) -> StackState:
        """The stack of the active site, whose endpoint has the tenant's data."""
        active = (each for each in self.state.stacks if each.outputs.get("active", True))
        return next(active, self.state.stacks[0])

    def _refuse_changes(self) -> None:
        export = self.state.export
        if "none" in export or self._begun():
            return
        if count := self.source.written_since(self._serving().outputs, export["begun"]):
            self.state.export = {}
            self.state.save()
            raise Changed(self.state.tenant, count)

    def _lift(self, each: StackState) -> None:
        if each.lifted:
            return
        self._refuse_changes()
        destruction.lift(self.pulumi, self.stacks[each.name], self._progress())
        exported = self.pulumi.export(each.name)
        each.survivors = [asdict(survivor) for survivor in survivors(exported)]
        kept = {survivor["id"] for survivor in each.survivors}
        each.resources = [found for found in _resources(exported) if found["id"] not in kept]
        each.lifted = now()
        self.state.save()

    def _shred(self, each: StackState) -> None:
        if each.shredded:
            return
        self._refuse_changes()
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
        self._note("removed", "stack files removed; commit that")

    # -- words ---------------------------------------------------------------

    def _note(self, step: str, line: str) -> None:
        if step:
            setattr(self.state, step, now())
        self.state.save()
        self.say(line)

    def _progress(self) -> Progress:
        return Progress()


def _resources(exported: dict[str, Any]) -> list[dict[str, str]]:
    """Type and id of what a stack's state holds, but for providers."""
    found = exported["deployment"].get("resources") or []
    return [
        {"type": each["type"], "id": each["id"]}
        for each in found
        if each.get("custom") and each.get("id") and not each["type"].startswith("pulumi:")
    ]


def begin(file: Path, place: str, tenant: str, out: Path, stacks: list[Stack]) -> OffboardState:
    """The state before the first step."""
    configs = {stack.name: stack.config for stack in stacks}
    states = [
        StackState(name, config.cell_stack)
        for name, config in configs.items()
        if isinstance(config, TenantConfig)
    ]
    return OffboardState(file, place, tenant, str(out), states)
