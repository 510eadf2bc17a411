"""Workload identity federation: https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Field, Json, Kind

_POOL = "projects/{project}/locations/global/workloadIdentityPools/{workloadIdentityPoolId}"


class Pool(Behaviour):
    def fetch(self, values: Json) -> Json | None:
        """A deleted pool stays visible for 30 days; rules of attestation are kept beside it."""
        found = super().fetch(values)
        if found is None or found.get("state") == "DELETED":
            return None
        rules = self.client.call(self.kind.api, "GET", self.fill(f"{_POOL}:listAttestationRules", values))
        return {**found, "attestationRules": rules.get("attestationRules", [])}


class PoolProvider(Behaviour):
    def fetch(self, values: Json) -> Json | None:
        found = super().fetch(values)
        return None if found is None or found.get("state") == "DELETED" else found


class DenyPolicy(Behaviour):
    """The attachment point is a name inside a name, and stays encoded; an update is a whole new policy."""

    def insert(self, values: Json) -> Json:
        query = {"policyId": values["name"]}
        path = self.fill(self.kind.collection, values)
        return self.done(self.client.call(self.kind.api, "POST", path, self.body(values), query), values)

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        path = self.fill(self.kind.path, values)
        etag = (self.fetch(values) or {}).get("etag", "")
        body = {**(self.body(values) or {}), "etag": etag}
        self.done(self.client.call(self.kind.api, "PUT", path, body), values)


KINDS = (
    Kind(
        token="gcp:iam/denyPolicy:DenyPolicy",
        api="iam2",
        path="policies/{parent}/denypolicies/{name}",
        collection="policies/{parent}/denypolicies",
        id="{parent}/{name}",
        behaviour=DenyPolicy,
        mask=False,
    ),
    Kind(
        token="gcp:iam/workloadIdentityPool:WorkloadIdentityPool",
        api="iamBeta",
        path=_POOL,
        behaviour=Pool,
        create_query={"workloadIdentityPoolId": "{workloadIdentityPoolId}"},
        fields={"attestationRules": Field(update=False)},
        replace=frozenset({"mode"}),
    ),
    Kind(
        token="gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
        api="iamBeta",
        path=_POOL + "/providers/{workloadIdentityPoolProviderId}",
        behaviour=PoolProvider,
        create_query={"workloadIdentityPoolProviderId": "{workloadIdentityPoolProviderId}"},
    ),
)
