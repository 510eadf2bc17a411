"""Admin activity: one audit entry for each call that changes configuration.

`cloudaudit.googleapis.com/activity` as Google writes it (https://cloud.google.com/logging/docs/audit):
who, what, on which resource, with which outcome. Never a body: those may hold secrets. Data access
(reading, publishing, encrypting, …) is not logged, as Google does not by default.
"""

from __future__ import annotations

import re

from localcloud import iam
from localcloud.api import Call, Json
from localcloud.cloud import Cloud
from localcloud.services import logging_entries

_LOG = "cloudaudit.googleapis.com/activity"
_READS = re.compile(r"\.(get|list|aggregatedList|search|testIamPermissions|getIamPolicy|validate\w*|wait)$")
_DATA = re.compile(
    r"^(logging\.entries\.|storage\.objects\.|storage\.projects\.serviceAccount"
    r"|pubsub\.projects\.(topics\.publish|subscriptions\.(pull|acknowledge|modifyAckDeadline|seek)$)"
    r"|healthcare\..*\.(fhir|messages|consents|dicomWeb)\b|secretmanager\..*\.access$|iamcredentials\.|bigquery\.(jobs|tabledata)\."
    r"|monitoring\.projects\.timeSeries\.)|^cloudkms\..*\.(\w*[eE]ncrypt|\w*[dD]ecrypt|asymmetricSign|mac\w+|generateRandomBytes)$"
)


def record(cloud: Cloud, call: Call, status: int) -> None:
    """Write the entry, if the call is one that Google's admin activity log holds."""
    if call.verb == "GET" or _READS.search(call.method) or _DATA.search(call.method):
        return
    kind, _, project = iam.container(cloud.store, call.api, call.name).partition("/")
    project = project or call.query.get("project", "")
    if kind not in ("projects", "") or not project:
        return
    logging_entries.write(cloud, project, _LOG, _entry(call, project, status))


def _entry(call: Call, project: str, status: int) -> Json:
    payload: Json = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": f"{call.api}.googleapis.com",
        "methodName": call.method,
        "resourceName": call.name,
        "authenticationInfo": {"principalEmail": call.caller.member.partition(":")[2]},
        "requestMetadata": {"callerSuppliedUserAgent": call.headers.get("user-agent", "")},
    }
    if status >= 400:
        payload["status"] = {"code": status}
    return {
        "severity": "ERROR" if status >= 400 else "NOTICE",
        "protoPayload": payload,
        "resource": {
            "type": "audited_resource",
            "labels": {"project_id": project, "service": f"{call.api}.googleapis.com", "method": call.method},
        },
    }
