"""Binary Authorization: https://cloud.google.com/binary-authorization/docs/reference/rest"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import as_set, reference
from localcloud.plugin.iam import member
from localcloud.plugin.kinds import Field, Json, Kind, moved

_PATH = "projects/{project}/policy"


class Policy(Behaviour):
    """A project always has one: it is written, and reset rather than deleted."""

    def insert(self, values: Json) -> Json:
        query = {"name": self.fill(_PATH, values)}
        return self.client.call(self.kind.api, "PUT", self.fill(_PATH, values), self.body(values), query)

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        self.insert(values)

    def remove(self, values: Json) -> None:
        body = {
            "name": self.fill(_PATH, values),
            "admissionWhitelistPatterns": [{"namePattern": "gcr.io/google_containers/*"}],
            "defaultAdmissionRule": {
                "evaluationMode": "ALWAYS_ALLOW",
                "enforcementMode": "ENFORCED_BLOCK_AND_AUDIT_LOG",
            },
        }
        self.client.call(self.kind.api, "PUT", self.fill(_PATH, values), body)


class Attestor(Behaviour):
    """The body carries names in full, whatever the program wrote; all of it is sent on update."""

    def body(self, values: Json) -> Json | None:
        body = super().body(values) or {}
        note = body["userOwnedGrafeasNote"]
        if "/" not in note["noteReference"]:
            note["noteReference"] = self.fill(f"projects/{{project}}/notes/{note['noteReference']}", values)
        return {**body, "name": self.fill(self.kind.path, values)}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        path = self.fill(self.kind.path, values)
        self.client.call(self.kind.api, "PUT", path, self.body(values))


def _last(value: Any) -> str:
    return str(value or "").rsplit("/", 1)[-1]


def _by_cluster(rules: list[Json] | None) -> Json | None:
    """A list to the program, an object by cluster to Google."""
    return {
        rule["cluster"]: {
            _RULE.get(name, name): value for name, value in rule.items() if name != "cluster" and value
        }
        for rule in rules or ()
    }


def _clusters(found: Json | None) -> list[Json]:
    names = {wire: name for name, wire in _RULE.items()}
    return [
        {"cluster": cluster, **{names.get(key, key): value for key, value in rule.items()}}
        for cluster, rule in (found or {}).items()
    ]


_RULE = {"requireAttestationsBies": "requireAttestationsBy"}
_NOTE = "attestationAuthorityNote"

KINDS = (
    Kind(
        token="gcp:binaryauthorization/attestor:Attestor",
        api="binaryAuthorization",
        path="projects/{project}/attestors/{name}",
        create_query={"attestorId": "{name}"},
        behaviour=Attestor,
        fields={"name": Field(decode=_last), _NOTE: moved("userOwnedGrafeasNote")},
        replace=frozenset({f"{_NOTE}.noteReference"}),
        computed=frozenset({f"{_NOTE}.publicKeys.id", f"{_NOTE}.delegationServiceAccountEmail"}),
        equal={f"{_NOTE}.noteReference": reference},
    ),
    member(
        "gcp:binaryauthorization/attestorIamMember:AttestorIamMember",
        "binaryAuthorization",
        "projects/{project}/attestors/{attestor|base}",
        of="attestor",
    ),
    Kind(
        token="gcp:binaryauthorization/policy:Policy",
        api="binaryAuthorization",
        path=_PATH,
        id="projects/{project}",
        behaviour=Policy,
        fields={
            "defaultAdmissionRule.requireAttestationsBies": moved("requireAttestationsBy"),
            "clusterAdmissionRules": Field(encode=_by_cluster, decode=_clusters),
        },
        equal={"clusterAdmissionRules": as_set},
    ),
)
