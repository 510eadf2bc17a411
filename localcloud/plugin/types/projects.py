"""What belongs to a project: services, agents, roles, IAM, audit configuration."""

from __future__ import annotations

from localcloud.plugin.access_approval import settings
from localcloud.plugin.client import GoogleError
from localcloud.plugin.crud import Behaviour
from localcloud.plugin.diff import as_set, reference
from localcloud.plugin.iam import IamKind, Policies, PolicyBehaviour, member
from localcloud.plugin.kinds import Json, Kind, local, moved

_POLICIES = Policies(
    get_verb="POST",
    get_body={"options": {"requestedPolicyVersion": 3}},
    wrap=lambda policy: {"policy": policy, "updateMask": "bindings,etag,auditConfigs"},
)


class Service(Behaviour):
    """Enabling an API: https://cloud.google.com/service-usage/docs/reference/rest/v1/services"""

    def create(self, inputs: Json) -> tuple[str, Json]:
        values = self.resolve(inputs)
        if values["service"] not in self._enabled(values):
            self._post(values, "enable", {})
        return self.id(values), self.outputs({}, values)

    def read(self, values: Json) -> Json | None:
        found = self.client.call("resourceManager", "GET", self.fill("projects/{project}", values))
        if found.get("lifecycleState", "ACTIVE") != "ACTIVE" or values["service"] not in self._enabled(
            values
        ):
            return None
        return self.outputs({}, values)

    def update(self, olds: Json, old_inputs: Json, inputs: Json) -> Json:
        return self.outputs({}, self.resolve(inputs, olds))

    def remove(self, values: Json) -> None:
        if values.get("disableOnDestroy"):
            dependents = bool(values.get("disableDependentServices"))
            self._post(values, "disable", {"disableDependentServices": dependents} if dependents else {})

    def _post(self, values: Json, verb: str, body: Json) -> None:
        path = self.fill(f"{self.kind.path}:{verb}", values)
        self.done(self.client.call(self.kind.api, "POST", path, body), values)

    def operation(self, name: str, answer: Json, values: Json) -> str:
        return f"/v1/{name}"

    def _enabled(self, values: Json) -> set[str]:
        """The published provider lists all that is enabled; asking for one alone costs the same quota."""
        query = {"fields": "services/name,nextPageToken", "filter": "state:ENABLED", "pageSize": "200"}
        found: set[str] = set()
        while True:
            page = self.client.call(
                self.kind.api, "GET", self.fill("/v1/projects/{project}/services", values), query=query
            )
            found |= {service["name"].rsplit("/", 1)[-1] for service in page.get("services", [])}
            if not page.get("nextPageToken"):
                return found
            query = {**query, "pageToken": page["nextPageToken"]}


class ServiceIdentity(Behaviour):
    """Google's own agent of a service; it is made on request, and never deleted."""

    def create(self, inputs: Json) -> tuple[str, Json]:
        values = self.resolve(inputs)
        path = self.fill(f"{self.kind.path}:generateServiceIdentity", values)
        found = self.done(self.client.call(self.kind.api, "POST", path), values)
        email = found.get("email", "")
        outputs = {**self.given(values), "email": email, "member": f"serviceAccount:{email}" if email else ""}
        return self.id(values), {**outputs, "id": self.id(values)}

    def read(self, values: Json) -> Json | None:
        return self.given(values) | {"id": self.id(values)}

    def delete(self, values: Json) -> None:
        return


class CustomRole(Behaviour):
    """A deleted role keeps its name for a while, so creating one may mean bringing it back."""

    def insert(self, values: Json) -> Json:
        existing = self.fetch(values)
        if existing is None:
            path = self.fill(self.kind.path.rsplit("/", 1)[0], values)
            body = {"roleId": values["roleId"], "role": self.body(values)}
            return self.client.call(self.kind.api, "POST", path, body)
        if not existing.get("deleted"):
            raise GoogleError(409, f"role {existing['name']} exists", "POST roles", "ALREADY_EXISTS")
        path = self.fill(self.kind.path, values)
        self.client.call(self.kind.api, "POST", f"{path}:undelete", {})
        return self.client.call(self.kind.api, "PATCH", path, self.body(values))

    def read(self, values: Json) -> Json | None:
        outputs = super().read(values)
        return None if outputs is None or outputs["deleted"] else outputs


class AuditConfig(PolicyBehaviour):
    """Which accesses to a service's data are logged: a part of the policy of what it lies in."""

    def create(self, inputs: Json) -> tuple[str, Json]:
        values = self.resolve(inputs)
        self.change(values, lambda policy: _set_audit(policy, values))
        outputs = self.read(values)
        return self.id(values), outputs or {}

    def read(self, values: Json) -> Json | None:
        policy = self.policy(values)
        for config in policy.get("auditConfigs") or []:
            if config.get("service") == values["service"]:
                logs = sorted(
                    config.get("auditLogConfigs", []), key=lambda log: _order(values, log["logType"])
                )
                return {
                    **self.given(values),
                    "auditLogConfigs": [_log(log) for log in logs],
                    "etag": policy.get("etag", ""),
                    "id": self.id(values),
                }
        return None

    def update(self, olds: Json, old_inputs: Json, inputs: Json) -> Json:
        place = {name: olds[name] for name in self.kind.parameters if olds.get(name)}
        return self.create({**inputs, **place})[1]

    def delete(self, values: Json) -> None:
        self.change(values, lambda policy: _drop_audit(policy, values))

    def parse(self, id: str) -> Json:
        place, _, service = id.replace("/audit_config/", " ").partition(" ")
        return {**{name: place for name in self.kind.parameters}, "service": service}


def audit_config(token: str, api: str, resource: str, policies: Policies, *, of: str, id: str = "") -> Kind:
    """The row of a type that says what of a service's use is logged on `resource`."""
    kind = IamKind(
        token=token,
        api=api,
        path=resource,
        address=resource,
        id=f"{id or resource}/audit_config/{{service}}",
        policies=policies,
        behaviour=AuditConfig,
        autoname=False,
        replace=frozenset({"service"}),
        equal={"auditLogConfigs": as_set, of: reference},
    )
    return kind


def _log(log: Json) -> Json:
    return {"logType": log["logType"], "exemptedMembers": log.get("exemptedMembers", [])}


def _order(values: Json, log_type: str) -> int:
    wanted = [log["logType"] for log in values.get("auditLogConfigs") or []]
    return wanted.index(log_type) if log_type in wanted else len(wanted)


def _drop_audit(policy: Json, values: Json) -> None:
    configs = policy.get("auditConfigs") or []
    policy["auditConfigs"] = [config for config in configs if config.get("service") != values["service"]]


def _set_audit(policy: Json, values: Json) -> None:
    _drop_audit(policy, values)
    logs = [{k: v for k, v in log.items() if v} for log in values["auditLogConfigs"]]
    policy["auditConfigs"].append({"service": values["service"], "auditLogConfigs": logs})


KINDS = (
    Kind(
        token="gcp:projects/service:Service",
        api="serviceUsage",
        path="/v1/projects/{project}/services/{service}",
        id="{project}/{service}",
        behaviour=Service,
        fields={
            name: local()
            for name in ("disableOnDestroy", "disableDependentServices", "checkIfServiceHasUsageOnDestroy")
        },
    ),
    Kind(
        token="gcp:projects/serviceIdentity:ServiceIdentity",
        api="serviceUsage",
        path="projects/{project}/services/{service}",
        behaviour=ServiceIdentity,
    ),
    Kind(
        token="gcp:projects/iAMCustomRole:IAMCustomRole",
        api="iamBeta",
        path="projects/{project}/roles/{roleId}",
        behaviour=CustomRole,
        mask=False,
        defaults={"stage": "GA"},
        fields={"permissions": moved("includedPermissions")},
        equal={"permissions": as_set},
    ),
    audit_config(
        "gcp:projects/iAMAuditConfig:IAMAuditConfig",
        "resourceManager",
        "projects/{project}",
        _POLICIES,
        of="project",
        id="{project}",
    ),
    settings("gcp:projects/accessApprovalSettings:AccessApprovalSettings", "projects/{projectId}"),
    member(
        "gcp:projects/iAMMember:IAMMember",
        "resourceManager",
        "projects/{project}",
        policies=_POLICIES,
        id="{project}",
    ),
)
