"""Artifact Analysis: notes, which attestors point at. https://cloud.google.com/artifact-analysis/docs/reference/rest"""

from __future__ import annotations

from dataclasses import replace

from localcloud import generic
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.registry import behaviour, computed

_NOTES = "containeranalysis.projects.notes"
_KINDS = {
    "attestation": "ATTESTATION",
    "vulnerability": "VULNERABILITY",
    "build": "BUILD",
    "image": "IMAGE",
    "package": "PACKAGE",
    "deployment": "DEPLOYMENT",
    "discovery": "DISCOVERY",
    "upgrade": "UPGRADE",
}


@computed(_NOTES)
def note(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    given = [key for key in _KINDS if body.get(key)]
    if len(given) != 1:
        raise ApiError(400, f"Exactly one of {', '.join(_KINDS)} must be given, not {len(given)}.")
    if given == ["attestation"] and not (body["attestation"].get("hint") or {}).get("humanReadableName"):
        raise ApiError(400, "attestation.hint.humanReadableName: an attestation note needs one.")
    body["kind"] = _KINDS[given[0]]


@behaviour(f"{_NOTES}.patch", permission="containeranalysis.notes.update")
def patch(cloud: Cloud, call: Call) -> Json:
    """Masks may use the name that attestation notes had before (`attestationAuthority`)."""
    mask = call.query.get("updateMask", "").replace("attestationAuthority", "attestation")
    query = {**call.query, "updateMask": mask} if mask else call.query
    return generic.change(cloud, replace(call, query=query))
