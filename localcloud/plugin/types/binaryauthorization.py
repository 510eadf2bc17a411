"""Binary Authorization: https://cloud.google.com/binary-authorization/docs/reference/rest"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Json, Kind, moved

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


KINDS = (
    Kind(
        token="gcp:binaryauthorization/policy:Policy",
        api="binaryAuthorization",
        path=_PATH,
        id="projects/{project}",
        behaviour=Policy,
        fields={"defaultAdmissionRule.requireAttestationsBies": moved("requireAttestationsBy")},
    ),
)
