"""What every known method does that has no behaviour of its own: resources as raw JSON.

A service that wraps one of these calls it and adds what it knows: `insert` and `change` give
the stored body, `answer` the reply in the method's own shape.
"""

from __future__ import annotations

import base64
import secrets
from typing import Any

from localcloud import filters, links, merge, operations, policy, schema
from localcloud.api import ApiError, Call, Json, Reply, already_exists, not_found
from localcloud.cloud import Cloud
from localcloud.discovery import Method, methods_by_id
from localcloud.pages import page
from localcloud.registry import COMPUTED
from localcloud.timestamps import stamp

SHORT_NAMES = {"compute", "dns", "sqladmin", "storage", "bigquery"}
"""APIs whose resources carry their id in `name`, not the full resource name."""

_NUMBERED = ("essentialcontacts", "monitoring")
"""APIs that make up the ids of new resources themselves, whatever name is sent."""

_LOG_NAMES = ("sinks", "metrics", "exclusions")
_WRAPPERS = {
    "pubsub": ("topic", "subscription", "snapshot"),
    "iam": ("serviceAccount", "role"),
    "storage": (),
}


def run(cloud: Cloud, call: Call) -> Any:
    """The generic behaviour for a call, 501 where there is none."""
    method = methods_by_id()[call.method]
    action = method.action
    if "operations" in method.resource.rpartition(".")[2].lower():
        return _operation(cloud, call, action)
    if action == "getIamPolicy":
        return policy.get(cloud, call)
    if action == "setIamPolicy":
        return policy.set(cloud, call)
    if action == "testIamPermissions":
        return policy.test(cloud, call)
    if action in ("create", "insert", "createAsync"):
        return create(cloud, call)
    if method.verb == "PATCH" or action in ("patch", "update", "updateAsync"):
        return patch(cloud, call)
    if method.verb == "DELETE" and action == "delete":
        return delete(cloud, call)
    if action == "aggregatedList":
        return links.aggregated(cloud, call)
    if method.verb == "GET":
        return _read(cloud, call, method)
    if action == "setLabels":
        return links.set_labels(cloud, call)
    raise unimplemented(call)


def unimplemented(call: Call) -> ApiError:
    return ApiError(
        501, f"{call.method} ({call.verb} {call.path}) is known, but localcloud has no behaviour for it."
    )


def _operation(cloud: Cloud, call: Call, action: str) -> Json:
    if action in ("get", "wait"):
        return operations.get(cloud, call)
    if action in ("cancel", "delete"):
        return {}
    if action in ("list", "aggregatedList"):
        return {}
    raise unimplemented(call)


def _read(cloud: Cloud, call: Call, method: Method) -> Json:
    found = schema.of(method, method.response)
    if method.action == "list" or (found and found.list_field and "nextPageToken" in found.fields):
        return list_(cloud, call)
    if method.action != "get" and len(call.name.split("/")) % 2 and method.action.startswith("list"):
        return {}
    return get(cloud, call)


def get(cloud: Cloud, call: Call) -> Json:
    return load(cloud, call.api, call.name)


def load(cloud: Cloud, api: str, name: str) -> Json:
    """A resource, or Google's 404."""
    body = cloud.store.get(api, name)
    if body is None:
        raise not_found(name)
    return body


def list_(cloud: Cloud, call: Call) -> Json:
    method = methods_by_id()[call.method]
    found = schema.of(method, method.response)
    head, _, collection = call.name.rpartition("/")
    items = cloud.store.list(call.api, head, collection)
    if text := call.query.get("filter"):
        items = [item for item in items if filters.matches(text, item)]
    answer = page(call, found.list_field if found and found.list_field else collection, items)
    return {"kind": found.kind, **answer} if found and found.kind else answer


def create(cloud: Cloud, call: Call) -> Any:
    return answer(cloud, call, insert(cloud, call)[1])


def insert(cloud: Cloud, call: Call, defaults: Json | None = None) -> tuple[str, Json]:
    """Store a new resource: what was sent over `defaults`, with what Google computes on top."""
    method = methods_by_id()[call.method]
    sent = unwrapped(call)
    name = new_name(call, method)
    body = {**(defaults or {}), **sent}
    body["name"] = shown_name(call.api, name)
    with cloud.store.transaction():
        if cloud.store.get(call.api, name) is not None:
            raise already_exists(name)
        _require_parent(cloud, call.api, name)
        _fill(cloud, call, method, name, body, new=True)
        cloud.store.put(call.api, name, body)
    return name, body


def shown_name(api: str, name: str) -> str:
    short = api in SHORT_NAMES or (api == "logging" and name.split("/")[-2] in _LOG_NAMES)
    return name.rpartition("/")[2] if short else name


def unwrapped(call: Call) -> Json:
    """The resource in the body: some methods wrap it (`{"topic": …, "updateMask": …}`)."""
    body = call.body or {}
    for key in _WRAPPERS.get(call.api, ()):
        if isinstance(body.get(key), dict):
            return dict(body[key])
    return dict(body)


def new_name(call: Call, method: Method) -> str:
    """The full name of what a create call makes: id from query or body, or made up by the server."""
    if call.verb == "PUT" or not _is_collection(method):
        return call.name
    sent = unwrapped(call)
    given = call.query.get(method.id_parameter or "", "")
    if not given and call.api not in _NUMBERED:
        given = str(sent.get("name") or "")
    if given.startswith(f"{call.name}/"):
        return given
    if "/" in given:
        given = given.rpartition("/")[2] if f"/{call.name.rpartition('/')[2]}/" in given else ""
    return f"{call.name}/{given or _made_up(call)}"


def _is_collection(method: Method) -> bool:
    return not method.template.split("/")[method.name_end - 1].startswith("{")


def _made_up(call: Call) -> str:
    if call.api in ("compute", "dns"):
        raise ApiError(400, "Required field 'resource.name' not specified", reason="required")
    return str(secrets.randbelow(9 * 10**17) + 10**17)


def _require_parent(cloud: Cloud, api: str, name: str) -> None:
    """The resource that holds the new one must exist, where the API has resources at that level."""
    parts = name.split("/")
    parent = "/".join(parts[:-2])
    if len(parts) < 6 or parts[-4] in ("locations", "regions", "zones", "services") or parts[-3] == "global":
        return
    if cloud.store.get(api, parent) is None:
        raise not_found(parent)


def new_etag() -> str:
    return base64.b64encode(secrets.token_bytes(8)).decode()


def _fill(cloud: Cloud, call: Call, method: Method, name: str, body: Json, *, new: bool) -> None:
    """What Google computes: times, etags, links, then the service's own part."""
    found = schema.of(method, method.request if method.request != "CreateRoleRequest" else "Role")
    fields = found.fields if found else {}
    now = stamp(cloud.clock.now())
    if new and "createTime" in fields:
        body["createTime"] = now
    if "updateTime" in fields:
        body["updateTime"] = now
    if "etag" in fields:
        body["etag"] = new_etag()
    if new and "uid" in fields:
        body["uid"] = secrets.token_hex(16)
    if found and found.kind and call.api in SHORT_NAMES:
        body["kind"] = found.kind
    if call.api == "compute":
        links.fill(cloud, call, name, body, fields, new=new)
    if function := COMPUTED.get(method.resource):
        function(cloud, name, body, new)


def patch(cloud: Cloud, call: Call) -> Any:
    return answer(cloud, call, change(cloud, call))


def change(cloud: Cloud, call: Call) -> Json:
    """Store a changed resource: by mask where there is one, merged by PATCH, replaced by PUT."""
    method = methods_by_id()[call.method]
    with cloud.store.transaction():
        old = load(cloud, call.api, call.name)
        sent = unwrapped(call)
        require_fresh(call, old, sent)
        body = _changed(call, method, old, sent)
        body["name"] = old.get("name", body.get("name"))
        _fill(cloud, call, method, call.name, body, new=False)
        cloud.store.put(call.api, call.name, body)
    return body


def _changed(call: Call, method: Method, old: Json, sent: Json) -> Json:
    mask = call.query.get("updateMask") or (call.body or {}).get("updateMask")
    if mask and call.api != "compute":
        return merge.masked(old, sent, mask)
    if method.verb == "PUT" and method.action != "patch":
        found = schema.of(method, method.request)
        kept = found.read_only | {"kind", "id", "selfLink"} if found else frozenset()
        return {**{k: v for k, v in old.items() if k in kept}, **sent}
    return merge.merged(old, sent)


def require_fresh(call: Call, old: Json, sent: Json) -> None:
    """A fingerprint or etag that was sent must be the stored one."""
    if sent.get("fingerprint") and old.get("fingerprint") and sent["fingerprint"] != old["fingerprint"]:
        raise ApiError(412, "Invalid fingerprint.", "FAILED_PRECONDITION", "conditionNotMet")
    etag = sent.get("etag") or call.query.get("etag")
    if etag and old.get("etag") and etag != old["etag"]:
        raise ApiError(
            409,
            f"The etag of {call.name} does not match: it was changed meanwhile. "
            "Read it again and repeat the change.",
            "ABORTED",
            "aborted",
        )


def delete(cloud: Cloud, call: Call) -> Any:
    with cloud.store.transaction():
        old = load(cloud, call.api, call.name)
        require_fresh(call, old, {})
        if call.api == "compute":
            links.require_unused(cloud, call.name)
        cloud.store.delete(call.api, call.name)
    return answer(cloud, call, None)


def answer(cloud: Cloud, call: Call, body: Json | None) -> Any:
    """The reply that discovery announces: an operation, the resource, `{}` or 204."""
    response = methods_by_id()[call.method].response
    if response in ("Operation", "GoogleLongrunningOperation"):
        return operations.done(call, body)
    if response is None:
        return Reply(None, 204)
    return body if body is not None else {}
