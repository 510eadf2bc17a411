"""Artifact Analysis: https://cloud.google.com/artifact-analysis/docs/reference/rest"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import as_set
from localcloud.plugin.iam import Policies, member
from localcloud.plugin.kinds import Field, Kind, moved

_NOTE = "projects/{project}/notes/{name}"


class Note(Behaviour):
    """`attestationAuthority` is called `attestation` in the body, but not in the mask."""

    def mask(self, changed: set[str]) -> list[str]:
        return ["attestationAuthority" if name == "attestation" else name for name in super().mask(changed)]


KINDS = (
    Kind(
        token="gcp:containeranalysis/note:Note",
        api="containerAnalysis",
        path=_NOTE,
        behaviour=Note,
        create_query={"noteId": "{name}"},
        fields={
            "name": Field(update=False, decode=lambda value: str(value or "").rsplit("/", 1)[-1]),
            "attestationAuthority": moved("attestation"),
            "relatedUrls": moved("relatedUrl"),
        },
        equal={"relatedUrls": as_set, "relatedNoteNames": as_set},
    ),
    member(
        "gcp:containeranalysis/noteIamMember:NoteIamMember",
        "containerAnalysis",
        "projects/{project}/notes/{note|base}",
        policies=Policies(get_verb="POST"),
        of="note",
    ),
)
