"""The IAM permission that a method asks for, where its behaviour names none.

Convention (https://cloud.google.com/iam/docs/permissions-reference): `<service>.<collection>.<verb>`.
"""

from __future__ import annotations

from functools import cache

from localcloud.registry import PERMISSIONS

_SERVICES = {
    "cloudresourcemanager": "resourcemanager",
    "sql": "cloudsql",
    "orgpolicy": "orgpolicy",
    "logging": "logging",
}
_VERBS = {
    "insert": "create",
    "patch": "update",
    "aggregatedList": "list",
    "search": "list",
    "createAsync": "create",
    "updateAsync": "update",
    "testIamPermissions": "",
    "setLabels": "update",
}
_EXACT = {
    "cloudresourcemanager.projects.create": "resourcemanager.projects.create",
    "logging.entries.list": "logging.logEntries.list",
    "logging.entries.write": "logging.logEntries.create",
    "logging.projects.metrics.create": "logging.logMetrics.create",
    "logging.projects.metrics.get": "logging.logMetrics.get",
    "orgpolicy.projects.policies.get": "orgpolicy.policy.get",
    "secretmanager.projects.secrets.addVersion": "secretmanager.versions.add",
    "secretmanager.projects.secrets.versions.access": "secretmanager.versions.access",
    "serviceusage.services.generateServiceIdentity": "serviceusage.services.enable",
}
_FHIR = {
    "search": "get",
    "search-type": "get",
    "read": "get",
    "vread": "get",
    "history": "get",
    "executeBundle": "executeBundle",
    "Patient-everything": "get",
    "conditionalDelete": "delete",
    "conditionalPatch": "patch",
    "conditionalUpdate": "update",
}


@cache
def permission(method: str) -> str:
    """The permission, or an empty string when anyone who is known may call the method."""
    if method in PERMISSIONS:
        return PERMISSIONS[method]
    if method in _EXACT:
        return _EXACT[method]
    parts = method.split(".")
    if parts[-2] == "fhir":
        return f"healthcare.fhirResources.{_FHIR.get(parts[-1], parts[-1])}"
    if "operations" in parts[-2].lower():
        return ""
    verb = _VERBS.get(parts[-1], parts[-1])
    return f"{_SERVICES.get(parts[0], parts[0])}.{parts[-2]}.{verb}" if verb else ""
