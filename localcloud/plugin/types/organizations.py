"""Cloud Resource Manager: https://cloud.google.com/resource-manager/reference/rest"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.access_approval import settings
from localcloud.plugin.client import GoogleError
from localcloud.plugin.crud import Behaviour, Refused
from localcloud.plugin.iam import Policies, member
from localcloud.plugin.kinds import Json, Kind, local, moved, zero
from localcloud.plugin.types.projects import CustomRole, audit_config

_OPTIONS = {"options": {"requestedPolicyVersion": 3}}
_POST = Policies(
    get_verb="POST",
    get_body=_OPTIONS,
    wrap=lambda p: {"policy": p, "updateMask": "bindings,etag,auditConfigs"},
)


class Folder(Behaviour):
    def insert(self, values: Json) -> Json:
        body = {"displayName": values["displayName"], "parent": _named(values["parent"])}
        if values.get("tags"):
            body["tags"] = values["tags"]
        answer = self.client.call("resourceManagerV3", "POST", "folders", body)
        # The published provider asks for the operation at v1, whatever the first answer said.
        answer = self.client.call("resourceManager", "GET", answer["name"])
        return self.client.wait("resourceManager", answer, lambda name: name).get("response", {})

    def done(self, answer: Json, values: Json) -> Json:
        return self.client.wait("resourceManager", answer, lambda name: name).get("response", {})

    def fetch(self, values: Json) -> Json | None:
        found = super().fetch(values)
        return None if found is None or found.get("state") == "DELETE_REQUESTED" else found

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        path = self.fill("{name}", values)
        if "displayName" in changed:
            body = {"displayName": values["displayName"]}
            self.done(
                self.client.call(self.kind.api, "PATCH", path, body, {"updateMask": "displayName"}), values
            )
        if "parent" in changed:
            body = {"destinationParent": _named(values["parent"])}
            self.done(self.client.call(self.kind.api, "POST", f"{path}:move", body), values)

    def parse(self, id: str) -> Json:
        return super().parse(id if id.startswith("folders/") else f"folders/{id}")

    def id_formats(self) -> list[str]:
        return ["{name}"]


class Project(Behaviour):
    """Built from Google's reference and the provider's documentation; no recording has one.

    https://cloud.google.com/resource-manager/reference/rest/v1/projects
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project
    """

    def insert(self, values: Json) -> Json:
        body = {"projectId": values["projectId"], "name": values["name"], "labels": self.all_labels(values)}
        if parent := _parent(values):
            body["parent"] = parent
        if values.get("tags"):
            body["tags"] = values["tags"]
        return self.done(self.client.call(self.kind.api, "POST", "projects", body), values)

    def after_create(self, values: Json) -> None:
        if values.get("billingAccount"):
            self._set_billing(values)
        if values.get("autoCreateNetwork") is False:
            self._delete_default_network(values["projectId"])

    def fetch(self, values: Json) -> Json | None:
        try:
            found = super().fetch(values)
        except GoogleError as error:
            if error.status == 403:  # Google's answer for a project that does not exist
                return None
            raise
        return None if found is None or found.get("lifecycleState", "ACTIVE") != "ACTIVE" else found

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        parent = answer.get("parent") or {}
        outputs["orgId"] = parent.get("id", "") if parent.get("type") == "organization" else ""
        outputs["folderId"] = parent.get("id", "") if parent.get("type") == "folder" else ""
        outputs["deletionPolicy"] = values.get("deletionPolicy") or "PREVENT"
        return outputs

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if changed & {"name", "labels", "folderId", "orgId"}:
            project = self.client.call(self.kind.api, "GET", self.fill(self.kind.path, values))
            project |= {"name": values["name"], "labels": self.all_labels(values)}
            if parent := _parent(values):
                project["parent"] = parent
            self.client.call(self.kind.api, "PUT", self.fill(self.kind.path, values), project)
        if "billingAccount" in changed:
            self._set_billing(values)

    def delete(self, values: Json) -> None:
        policy = values.get("deletionPolicy") or "PREVENT"
        if policy == "PREVENT":
            raise Refused(
                f"project {values['projectId']} has deletionPolicy PREVENT; set it to DELETE (or ABANDON, "
                "to leave the project) and run `pulumi up` first"
            )
        super().delete({**values, "deletionPolicy": policy})

    def parse(self, id: str) -> Json:
        return {
            "projectId": id.removeprefix("projects/"),
            "deletionPolicy": "PREVENT",
            "autoCreateNetwork": True,
        }

    def _set_billing(self, values: Json) -> None:
        account = values.get("billingAccount")
        body = {"billingAccountName": f"billingAccounts/{account}" if account else ""}
        self.client.call("cloudBilling", "PUT", self.fill("projects/{projectId}/billingInfo", values), body)

    def _delete_default_network(self, project: str) -> None:
        self.client.call(
            "serviceUsage", "POST", f"/v1/projects/{project}/services/compute.googleapis.com:enable", {}
        )
        base = f"projects/{project}/global"
        try:
            rules = self.client.call("compute", "GET", f"{base}/firewalls").get("items", [])
            for rule in rules:
                if str(rule.get("network", "")).endswith("/global/networks/default"):
                    self._compute("DELETE", f"{base}/firewalls/{rule['name']}")
            self._compute("DELETE", f"{base}/networks/default")
        except GoogleError as error:
            if error.status != 404:
                raise

    def _compute(self, verb: str, path: str) -> None:
        answer = self.client.call("compute", verb, path)
        self.client.wait("compute", answer, lambda name: self.operation(name, answer, {}))


def _parent(values: Json) -> Json | None:
    for name, kind in (("folderId", "folder"), ("orgId", "organization")):
        if values.get(name):
            return {"type": kind, "id": str(values[name]).rsplit("/", 1)[-1]}
    return None


def _named(parent: str) -> str:
    return parent if "/" in parent else f"organizations/{parent}"


def _last(value: Any) -> str:
    return str(value or "").rsplit("/", 1)[-1]


KINDS = (
    Kind(
        token="gcp:organizations/iAMCustomRole:IAMCustomRole",
        api="iamBeta",
        path="organizations/{orgId|base}/roles/{roleId}",
        behaviour=CustomRole,
        mask=False,
        defaults={"stage": "GA"},
        fields={"permissions": moved("includedPermissions")},
    ),
    Kind(
        token="gcp:organizations/folder:Folder",
        api="resourceManagerV3",
        path="{name}",
        collection="folders",
        behaviour=Folder,
        protection="deletionProtection",
        autoname=False,
        defaults={"deletionProtection": True},
        fields={
            "deletionProtection": local(True),
            "folderId": moved("name", decode=_last),
            "tags": local(),
            "lifecycleState": moved("state"),
            "configuredCapabilities": zero([]),
        },
        replace=frozenset({"tags"}),
    ),
    Kind(
        token="gcp:organizations/project:Project",
        api="resourceManager",
        path="projects/{projectId}",
        behaviour=Project,
        defaults={"autoCreateNetwork": True},
        fields={
            "autoCreateNetwork": local(True),
            "billingAccount": local(""),
            "tags": local(),
            "orgId": local(""),
            "folderId": local(""),
            "number": moved("projectNumber"),
            "deletionPolicy": local("PREVENT"),
        },
        replace=frozenset({"tags"}),
    ),
    member(
        "gcp:organizations/iAMMember:IAMMember",
        "resourceManager",
        "organizations/{orgId|base}",
        policies=_POST,
        id="{orgId|base}",
    ),
    audit_config(
        "gcp:organizations/iamAuditConfig:IamAuditConfig",
        "resourceManager",
        "organizations/{orgId|base}",
        _POST,
        of="orgId",
        id="{orgId|base}",
    ),
    settings(
        "gcp:organizations/accessApprovalSettings:AccessApprovalSettings", "organizations/{organizationId}"
    ),
)
