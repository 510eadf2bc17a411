"""Service accounts: https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.iam import Policies, member
from localcloud.plugin.kinds import Field, Json, Kind, local

_POLICIES = Policies(get_verb="POST", get_body={"options": {"requestedPolicyVersion": 3}})


class Account(Behaviour):
    def insert(self, values: Json) -> Json:
        path = self.fill("projects/{project}/serviceAccounts", values)
        account = {k: values[k] for k in ("displayName", "description") if values.get(k)}
        answer = self.client.call(
            self.kind.api, "POST", path, {"accountId": values["accountId"], "serviceAccount": account}
        )
        if values.get("disabled"):
            self.client.call(self.kind.api, "POST", f"{answer['name']}:disable", {})
        return answer

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        account, _, domain = str(answer["email"]).partition("@")
        project = answer.get("projectId") or domain.split(".")[0]
        given = {"member": f"serviceAccount:{answer['email']}", "accountId": account, "project": project}
        return {**outputs, **given}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        path = self.fill(self.kind.path, values)
        if "disabled" in changed:
            self.client.call(
                self.kind.api, "POST", f"{path}:{'disable' if values.get('disabled') else 'enable'}", {}
            )
        masks = {"displayName": "display_name", "description": "description"}
        if found := [name for name in masks if name in changed]:
            self.fetch(values)
            account = {name: values.get(name, "") for name in masks if name in changed or values.get(name)}
            body = {"serviceAccount": account, "updateMask": ",".join(masks[name] for name in found)}
            self.client.call(self.kind.api, "PATCH", path, body)

    def parse(self, id: str) -> Json:
        return {"name": id if id.startswith("projects/") else f"projects/-/serviceAccounts/{id}"}


KINDS = (
    Kind(
        token="gcp:serviceaccount/account:Account",
        api="iamBeta",
        path="{name}",
        behaviour=Account,
        fields={"createIgnoreAlreadyExists": local(), "accountId": local(), "name": Field()},
        replace=frozenset({"accountId", "project"}),
    ),
    member(
        "gcp:serviceaccount/iAMMember:IAMMember",
        "iamBeta",
        "{serviceAccountId}",
        policies=_POLICIES,
    ),
)
