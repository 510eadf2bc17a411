"""Which gRPC method is which REST method: same behaviour, same permissions, same errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.protobuf import empty_pb2
from google.pubsub_v1 import types


@dataclass(frozen=True)
class Rpc:
    """`field` holds the resource name; `wrapper` the resource itself where the request wraps it;
    `query` are fields that REST carries in the query."""

    service: str
    name: str
    method: str
    verb: str
    field: str
    request: Any
    response: Any
    suffix: str = ""
    query: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return f"/{self.service}/{self.name}"


def _rpc(
    service: str,
    name: str,
    method: str,
    verb: str,
    field: str,
    response: Any,
    request: Any = None,
    *,
    suffix: str = "",
    query: tuple[str, ...] = (),
) -> Rpc:
    given = request or getattr(types, f"{name}Request")
    return Rpc(service, name, method, verb, field, _raw(given), _raw(response), suffix, query)


def _raw(kind: Any) -> Any:
    """The plain protobuf class behind a proto-plus one."""
    return kind.pb() if hasattr(kind, "pb") else kind


_P, _S, _C = "google.pubsub.v1.Publisher", "google.pubsub.v1.Subscriber", "google.pubsub.v1.SchemaService"
_T, _U, _N, _D = (f"pubsub.projects.{c}" for c in ("topics", "subscriptions", "snapshots", "schemas"))
_PAGES = ("pageSize", "pageToken")
_NOTHING = empty_pb2.Empty

RPCS: tuple[Rpc, ...] = (
    _rpc(_P, "CreateTopic", f"{_T}.create", "PUT", "name", types.Topic, types.Topic),
    _rpc(_P, "UpdateTopic", f"{_T}.patch", "PATCH", "topic.name", types.Topic),
    _rpc(_P, "Publish", f"{_T}.publish", "POST", "topic", types.PublishResponse, suffix=":publish"),
    _rpc(_P, "GetTopic", f"{_T}.get", "GET", "topic", types.Topic),
    _rpc(
        _P,
        "ListTopics",
        f"{_T}.list",
        "GET",
        "project",
        types.ListTopicsResponse,
        suffix="/topics",
        query=_PAGES,
    ),
    _rpc(
        _P,
        "ListTopicSubscriptions",
        f"{_T}.subscriptions.list",
        "GET",
        "topic",
        types.ListTopicSubscriptionsResponse,
        suffix="/subscriptions",
        query=_PAGES,
    ),
    _rpc(
        _P,
        "ListTopicSnapshots",
        f"{_T}.snapshots.list",
        "GET",
        "topic",
        types.ListTopicSnapshotsResponse,
        suffix="/snapshots",
        query=_PAGES,
    ),
    _rpc(_P, "DeleteTopic", f"{_T}.delete", "DELETE", "topic", _NOTHING),
    _rpc(
        _P,
        "DetachSubscription",
        f"{_U}.detach",
        "POST",
        "subscription",
        types.DetachSubscriptionResponse,
        suffix=":detach",
    ),
    _rpc(_S, "CreateSubscription", f"{_U}.create", "PUT", "name", types.Subscription, types.Subscription),
    _rpc(_S, "GetSubscription", f"{_U}.get", "GET", "subscription", types.Subscription),
    _rpc(_S, "UpdateSubscription", f"{_U}.patch", "PATCH", "subscription.name", types.Subscription),
    _rpc(
        _S,
        "ListSubscriptions",
        f"{_U}.list",
        "GET",
        "project",
        types.ListSubscriptionsResponse,
        suffix="/subscriptions",
        query=_PAGES,
    ),
    _rpc(_S, "DeleteSubscription", f"{_U}.delete", "DELETE", "subscription", _NOTHING),
    _rpc(
        _S,
        "ModifyAckDeadline",
        f"{_U}.modifyAckDeadline",
        "POST",
        "subscription",
        _NOTHING,
        suffix=":modifyAckDeadline",
    ),
    _rpc(_S, "Acknowledge", f"{_U}.acknowledge", "POST", "subscription", _NOTHING, suffix=":acknowledge"),
    _rpc(_S, "Pull", f"{_U}.pull", "POST", "subscription", types.PullResponse, suffix=":pull"),
    _rpc(
        _S,
        "ModifyPushConfig",
        f"{_U}.modifyPushConfig",
        "POST",
        "subscription",
        _NOTHING,
        suffix=":modifyPushConfig",
    ),
    _rpc(_S, "Seek", f"{_U}.seek", "POST", "subscription", types.SeekResponse, suffix=":seek"),
    _rpc(_S, "GetSnapshot", f"{_N}.get", "GET", "snapshot", types.Snapshot),
    _rpc(
        _S,
        "ListSnapshots",
        f"{_N}.list",
        "GET",
        "project",
        types.ListSnapshotsResponse,
        suffix="/snapshots",
        query=_PAGES,
    ),
    _rpc(_S, "CreateSnapshot", f"{_N}.create", "PUT", "name", types.Snapshot),
    _rpc(_S, "UpdateSnapshot", f"{_N}.patch", "PATCH", "snapshot.name", types.Snapshot),
    _rpc(_S, "DeleteSnapshot", f"{_N}.delete", "DELETE", "snapshot", _NOTHING),
    _rpc(_C, "GetSchema", f"{_D}.get", "GET", "name", types.Schema),
    _rpc(
        _C,
        "ListSchemas",
        f"{_D}.list",
        "GET",
        "parent",
        types.ListSchemasResponse,
        suffix="/schemas",
        query=_PAGES,
    ),
    _rpc(_C, "DeleteSchema", f"{_D}.delete", "DELETE", "name", _NOTHING),
    _rpc(
        _C,
        "ValidateSchema",
        f"{_D}.validate",
        "POST",
        "parent",
        types.ValidateSchemaResponse,
        suffix="/schemas:validate",
    ),
    _rpc(
        _C,
        "ValidateMessage",
        f"{_D}.validateMessage",
        "POST",
        "parent",
        types.ValidateMessageResponse,
        suffix="/schemas:validateMessage",
    ),
    _rpc(
        "google.iam.v1.IAMPolicy",
        "SetIamPolicy",
        f"{_T}.setIamPolicy",
        "POST",
        "resource",
        policy_pb2.Policy,
        iam_policy_pb2.SetIamPolicyRequest,
        suffix=":setIamPolicy",
    ),
    _rpc(
        "google.iam.v1.IAMPolicy",
        "GetIamPolicy",
        f"{_T}.getIamPolicy",
        "GET",
        "resource",
        policy_pb2.Policy,
        iam_policy_pb2.GetIamPolicyRequest,
        suffix=":getIamPolicy",
    ),
    _rpc(
        "google.iam.v1.IAMPolicy",
        "TestIamPermissions",
        f"{_T}.testIamPermissions",
        "POST",
        "resource",
        iam_policy_pb2.TestIamPermissionsResponse,
        iam_policy_pb2.TestIamPermissionsRequest,
        suffix=":testIamPermissions",
    ),
)
