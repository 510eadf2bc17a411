"""Secret Manager: https://cloud.google.com/secret-manager/docs/reference/rest"""

from __future__ import annotations

import base64

from localcloud.plugin.crud import Behaviour, Refused
from localcloud.plugin.iam import Policies, member
from localcloud.plugin.kinds import Field, Json, Kind, local, moved, zero

_SECRET = "projects/{project}/secrets/{secretId|base}"
_POLICIES = Policies(get_query={"options.requestedPolicyVersion": "3"})


class Version(Behaviour):
    """A version's data never changes; enabling, disabling and destroying are calls of their own."""

    def insert(self, values: Json) -> Json:
        path = self.fill("{secret}:addVersion", values)
        data = values.get("secretData") or values.get("secretDataWo") or ""
        encoded = data if values.get("isSecretDataBase64") else base64.b64encode(data.encode()).decode()
        answer = self.client.call(self.kind.api, "POST", path, {"payload": {"data": encoded}})
        self._switch(answer["name"], values)
        return answer

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if "enabled" in changed:
            self._switch(olds["name"], values)

    def fetch(self, values: Json) -> Json | None:
        found = super().fetch(values)
        return None if found is None or found.get("state") == "DESTROYED" else found

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        outputs |= {"version": answer["name"].rsplit("/", 1)[-1], "enabled": answer.get("state") == "ENABLED"}
        return {**outputs, "secret": values.get("secret") or answer["name"].split("/versions/")[0]}

    def remove(self, values: Json) -> None:
        if values.get("deletionPolicy") == "DISABLE":
            self.client.call(self.kind.api, "POST", f"{values['name']}:disable")
        else:
            self.client.call(self.kind.api, "POST", f"{values['name']}:destroy")

    def _switch(self, name: str, values: Json) -> None:
        verb = "enable" if values.get("enabled", True) else "disable"
        self.client.call(self.kind.api, "POST", f"{name}:{verb}")


class Secret(Behaviour):
    def delete(self, values: Json) -> None:
        if values.get("deletionProtection"):
            raise Refused(
                f"{values['name']} has deletionProtection; set it to false and run `pulumi up` first"
            )
        super().delete(values)


def _same_secret(old: object, new: object) -> bool:
    """A project may be named by its number."""
    return isinstance(old, str) and isinstance(new, str) and old.split("/")[2:] == new.split("/")[2:]


KINDS = (
    Kind(
        token="gcp:secretmanager/secret:Secret",
        api="secretManager",
        path=_SECRET,
        create_query={"secretId": "{secretId}"},
        behaviour=Secret,
        fields={
            "secretId": local(),
            "tags": local(),
            "deletionProtection": local(False),
            "ttl": Field(written=True, zero=None),
            "replication.auto": moved("automatic", keep=True, always=None),
        },
        replace=frozenset({"replication", "tags", "secretId"}),
    ),
    Kind(
        token="gcp:secretmanager/secretVersion:SecretVersion",
        api="secretManager",
        path="{name}",
        behaviour=Version,
        defaults={"enabled": True},
        fields={
            "secret": local(),
            "secretData": local(),
            "secretDataWo": local(),
            "secretDataWoVersion": local(0),
            "isSecretDataBase64": local(False),
            "project": zero(None),
            "enabled": local(True),
        },
        replace=frozenset({"secret", "secretData", "secretDataWoVersion", "isSecretDataBase64", "project"}),
        equal={"secret": _same_secret},
    ),
    member(
        "gcp:secretmanager/secretIamMember:SecretIamMember",
        "secretManager",
        _SECRET,
        policies=_POLICIES,
        of="secretId",
    ),
)
