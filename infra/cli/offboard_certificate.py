"""The certificate of an off-boarding: what was destroyed, when, and when the keys are gone; signed."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evidence import signature
from evidence.signature import Signer
from infra.cli.offboard_state import OffboardState, now

FOLDER = "certificate"
KEY = "certificate-key.pem"
"""The public key that signed, as Cloud KMS gave it: beside the pack, which cannot vouch for itself."""


def document(state: OffboardState) -> dict[str, Any]:
    """Without patient data; `keysGoneAfter` is the latest time that Cloud KMS gave for any version."""
    return {
        "version": 1,
        "tenant": state.tenant,
        "place": state.place,
        **({"rehearsal": True} if state.rehearsed else {}),
        "issued": now(),
        "export": state.export,
        "keysGoneAfter": max((key.gone for stack in state.stacks for key in stack.keys), default=None),
        "stacks": [
            {
                "stack": stack.name,
                "project": stack.outputs.get("project"),
                "jurisdiction": stack.outputs.get("jurisdiction"),
                "locations": stack.outputs.get("locations"),
                "protectionLifted": stack.lifted,
                "keysScheduled": stack.shredded,
                "keys": [asdict(key) for key in stack.keys],
                "destroyedAt": stack.destroyed,
                "destroyed": stack.resources,
                "survivors": stack.survivors,
            }
            for stack in state.stacks
        ],
    }


def issue(state: OffboardState, signer: Signer) -> Path:
    """Write, sign and verify the pack `certificate/`, and the key that it is verified with beside it."""
    pack = Path(state.out) / FOLDER
    pack.mkdir(mode=0o700, parents=True, exist_ok=True)
    told = document(state)
    (pack / "certificate.json").write_text(json.dumps(told, indent=2) + "\n")
    (pack / "certificate.txt").write_text(text(told))
    signature.seal(pack, {"certificate": "tenant off-boarding", "tenant": state.tenant}, signer)
    signature.verify(pack, signer.public_pem)
    (Path(state.out) / KEY).write_text(signer.public_pem)
    return pack


def verification(out: Path) -> str:
    """The command that checks the certificate offline, in the root of the checkout."""
    words = ["python", "-m", "evidence", "verify", str(out / FOLDER), "--key", str(out / KEY)]
    return shlex.join(words)


def text(told: dict[str, Any]) -> str:
    """For people."""
    lines = [
        *(
            ["A rehearsal on a local cloud: nothing in the cloud was touched.", ""]
            if "rehearsal" in told
            else []
        ),
        f"Tenant {told['tenant']} of {told['place']} was off-boarded.",
        "",
        f"Export: {_exported(told['export'])}",
        f"Encrypted copies that may remain in backups cannot be read after: {told['keysGoneAfter']}",
    ]
    for stack in told["stacks"]:
        lines += [
            "",
            f"Stack {stack['stack']} (project {stack['project']}), destroyed {stack['destroyedAt']}",
        ]
        lines += [f"  key   {key['version']}: {key['state']}, gone {key['gone']}" for key in stack["keys"]]
        lines += [f"  gone  {each['type']}  {each['id']}" for each in stack["destroyed"]]
        lines += [f"  kept  {each['type']}  {each['id']}: {each['why']}" for each in stack["survivors"]]
    return "\n".join([*lines, ""])


def _exported(export: dict[str, Any]) -> str:
    if "none" in export:
        return f"none, because: {export['none']}"
    counts = export["counts"]
    return (
        f"{export['archive']} (SHA-256 {export['sha256']}), verified {export['verified']}: "
        f"{sum(counts['records'].values())} records, {counts['documents']} documents, "
        f"{counts['auditEvents']} audit events{_trail(export)}"
    )


def _trail(export: dict[str, Any]) -> str:
    """Whether the audit trail is whole; an export of an earlier release does not say."""
    if "auditChain" not in export:
        return ""
    chain = export["auditChain"]
    if chain["flaws"]:
        return f" (not whole: {'; '.join(chain['flaws'])})"
    return f" (whole by their hashes, up to {chain['head']})" if chain["places"] else ""
