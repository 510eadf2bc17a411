"""IAM: service accounts and their keys (https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts).

Keys are refused where `iam.disableServiceAccountKeyCreation` is enforced.
"""

from __future__ import annotations

import base64
import json
import re
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from localcloud import constraints, generic, merge, policy
from localcloud.api import ApiError, Call, Json, already_exists, not_found
from localcloud.cloud import Cloud
from localcloud.registry import behaviour
from localcloud.timestamps import stamp

API = "iam"
_A = "iam.projects.serviceAccounts"
_ID = re.compile(r"[a-z](?:[-a-z0-9]{4,28}[a-z0-9])")
_NO_KEYS = "iam.disableServiceAccountKeyCreation"


def account(cloud: Cloud, call: Call) -> tuple[str, Json]:
    """Name and body of the addressed account; `projects/-/…` and unique ids are understood."""
    name = "/".join(policy.resource_name(cloud, call).split("/")[:4])
    body = cloud.store.get(API, name)
    last = name.rpartition("/")[2]
    if body is None and last.isdigit():
        for other in cloud.store.names(API):
            found = cloud.store.get(API, other) if "/serviceAccounts/" in other else None
            if found and found.get("uniqueId") == last:
                return other, found
    if body is None:
        raise not_found(name)
    return name, body


@behaviour(f"{_A}.create")
def create(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    given = str(sent.get("accountId", ""))
    if not _ID.fullmatch(given):
        raise ApiError(
            400,
            f"accountId: {given!r} is not allowed; allowed: 6 to 30 lowercase letters, digits or hyphens, "
            "beginning with a letter.",
        )
    project = str(call.project)
    email = f"{given}@{project}.iam.gserviceaccount.com"
    name = f"projects/{project}/serviceAccounts/{email}"
    unique = f"1{secrets.randbelow(10**20):020d}"
    with cloud.store.transaction():
        if cloud.store.get(API, name) is not None:
            raise already_exists(name)
        body = {
            **(sent.get("serviceAccount") or {}),
            "name": name,
            "email": email,
            "projectId": project,
            "uniqueId": unique,
            "oauth2ClientId": unique,
            "etag": generic.new_etag(),
        }
        cloud.store.put(API, name, body)
    return body


@behaviour(f"{_A}.get")
def get(cloud: Cloud, call: Call) -> Json:
    return account(cloud, call)[1]


@behaviour(f"{_A}.patch", f"{_A}.update", permission="iam.serviceAccounts.update")
def patch(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    with cloud.store.transaction():
        name, body = account(cloud, call)
        given = sent.get("serviceAccount") or {
            k: sent[k] for k in ("displayName", "description") if k in sent
        }
        mask = merge.camel(sent.get("updateMask") or ",".join(given))
        refused = set(mask.split(",")) - {"displayName", "description", ""}
        if refused:
            raise ApiError(
                400,
                f"updateMask: {', '.join(sorted(refused))} cannot change; allowed: display_name, description",
            )
        body = merge.masked(body, given, mask) | {"etag": generic.new_etag()}
        cloud.store.put(API, name, body)
    return body


@behaviour(f"{_A}.delete")
def delete(cloud: Cloud, call: Call) -> Json:
    name, body = account(cloud, call)
    cloud.store.set_private("iam-deleted", body["uniqueId"], json.dumps(body).encode())
    cloud.store.delete(API, name)
    return {}


@behaviour(f"{_A}.undelete")
def undelete(cloud: Cloud, call: Call) -> Json:
    unique = call.name.rpartition("/")[2]
    kept = cloud.store.private("iam-deleted", unique)
    if kept is None:
        raise not_found(call.name)
    body: Json = json.loads(kept)
    cloud.store.put(API, body["name"], body)
    cloud.store.set_private("iam-deleted", unique, None)
    return {"restoredAccount": body}


@behaviour(f"{_A}.enable", f"{_A}.disable")
def switch(cloud: Cloud, call: Call) -> Json:
    name, body = account(cloud, call)
    body.pop("disabled", None)
    if call.action == "disable":
        body["disabled"] = True
    cloud.store.put(API, name, body)
    return {}


@behaviour(f"{_A}.keys.create", permission="iam.serviceAccountKeys.create")
def create_key(cloud: Cloud, call: Call) -> Json:
    name, body = account(cloud, call)
    if constraints.enforced(cloud, body["projectId"], _NO_KEYS):
        raise ApiError(
            400,
            "Key creation is not allowed on this service account.",
            "FAILED_PRECONDITION",
            details=[
                {
                    "@type": "type.googleapis.com/google.rpc.PreconditionFailure",
                    "violations": [
                        {
                            "type": f"constraints/{_NO_KEYS}",
                            "subject": f"projects/{body['projectId']}/serviceAccounts/{body['email']}",
                            "description": "Key creation is not allowed on this service account.",
                        }
                    ],
                }
            ],
        )
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key_id = secrets.token_hex(20)
    key: Json = {
        "name": f"{name}/keys/{key_id}",
        "keyAlgorithm": "KEY_ALG_RSA_2048",
        "keyOrigin": "GOOGLE_PROVIDED",
        "keyType": "USER_MANAGED",
        "validAfterTime": stamp(cloud.clock.now()),
        "validBeforeTime": "9999-12-31T23:59:59Z",
    }
    cloud.store.put(API, key["name"], key)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = {
        "type": "service_account",
        "project_id": body["projectId"],
        "private_key_id": key_id,
        "private_key": pem.decode(),
        "client_email": body["email"],
        "client_id": body["oauth2ClientId"],
        "token_uri": f"{cloud.settings.url('iamcredentials')}/token",
    }
    return key | {
        "privateKeyType": "TYPE_GOOGLE_CREDENTIALS_FILE",
        "privateKeyData": base64.b64encode(json.dumps(file).encode()).decode(),
    }


@behaviour(f"{_A}.keys.list", permission="iam.serviceAccountKeys.list")
def list_keys(cloud: Cloud, call: Call) -> Json:
    name, _ = account(cloud, call)
    found = cloud.store.list(API, name, "keys")
    return {"keys": found} if found else {}


@behaviour(f"{_A}.keys.get", f"{_A}.keys.delete", permission="iam.serviceAccountKeys.get")
def key(cloud: Cloud, call: Call) -> Json:
    name = f"{account(cloud, call)[0]}/keys/{call.name.rpartition('/')[2]}"
    body = generic.load(cloud, API, name)
    if call.action == "delete":
        cloud.iam.require(call.caller, "iam.serviceAccountKeys.delete", API, name)
        cloud.store.delete(API, name)
        return {}
    return body
