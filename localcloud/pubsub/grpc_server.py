"""Pub/Sub over gRPC for Google's clients: every unary call becomes the REST request that it equals.

So permissions, perimeters, faults and errors are the same on both. The caller proves itself with
`authorization: Bearer` metadata; without it the call is UNAUTHENTICATED.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import grpc
import orjson
from google.protobuf import json_format
from google.pubsub_v1 import types
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from localcloud import dispatch
from localcloud.api import Json
from localcloud.cloud import Cloud
from localcloud.pubsub.rpcs import RPCS, Rpc
from localcloud.pubsub.streaming import Stream

_THREADS = 128
_LARGEST = 32 * 1024 * 1024
_STREAMING = "/google.pubsub.v1.Subscriber/StreamingPull"


class Server:
    """A gRPC server on localcloud's Pub/Sub port."""

    def __init__(self, cloud: Cloud) -> None:
        options = [
            ("grpc.max_receive_message_length", _LARGEST),
            ("grpc.max_send_message_length", _LARGEST),
            ("grpc.so_reuseport", 0),
            ("grpc.http2.min_ping_interval_without_data_ms", 5000),
        ]
        self._workers = ThreadPoolExecutor(_THREADS, thread_name_prefix="pubsub-grpc")
        self._server = grpc.server(self._workers, options=options)
        self._server.add_generic_rpc_handlers((_Handlers(cloud),))
        self._server.add_insecure_port(cloud.settings.pubsub_grpc)
        self._server.start()

    def stop(self) -> None:
        self._server.stop(0.2).wait(5)
        self._workers.shutdown(wait=False, cancel_futures=True)


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._rpcs = {rpc.path: rpc for rpc in RPCS}

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        if details.method == _STREAMING:
            return self._streaming()
        rpc = self._rpcs.get(details.method)
        if rpc is None:
            return None
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: unary(self._cloud, rpc, request, context),
            request_deserializer=rpc.request.FromString,
            response_serializer=rpc.response.SerializeToString,
        )

    def _streaming(self) -> Any:
        def handler(requests: Iterator[Any], context: Any) -> Iterator[Any]:
            return Stream(
                self._cloud, requests, context, lambda *given: send(self._cloud, context, *given)
            ).responses()

        return grpc.stream_stream_rpc_method_handler(
            handler,
            request_deserializer=types.StreamingPullRequest.pb().FromString,
            response_serializer=types.StreamingPullResponse.pb().SerializeToString,
        )


def unary(cloud: Cloud, rpc: Rpc, request: Any, context: Any) -> Any:
    """One unary call, by way of its REST method."""
    body: Json = json_format.MessageToDict(request)
    name: Any = body
    for part in rpc.field.split("."):
        name = name.get(part, "") if isinstance(name, dict) else ""
    if rpc.verb in ("PUT", "POST"):
        body.pop(rpc.field, None)
    query = {field: str(body.pop(field)) for field in rpc.query if field in body}
    answer = send(
        cloud,
        context,
        rpc.verb,
        f"/v1/{name}{rpc.suffix}",
        query,
        body if rpc.verb in ("PUT", "POST", "PATCH") else None,
    )
    return json_format.ParseDict(answer, rpc.response(), ignore_unknown_fields=True)


def send(cloud: Cloud, context: Any, verb: str, path: str, query: Json, body: Json | None) -> Json:
    """The REST answer; its error ends the call with the matching status."""
    metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
    reply = dispatch.handle(
        cloud,
        dispatch.Request(
            "pubsub",
            verb,
            path,
            urlencode(query),
            metadata | {"content-type": "application/json"},
            orjson.dumps(body) if body is not None else b"",
            cloud.settings.url("pubsub"),
        ),
    )
    answer: Json = reply.body or {}
    if reply.status >= 400:
        context.abort_with_status(rpc_status.to_status(_status(answer["error"])))
    return answer


def _status(error: Json) -> Any:
    """Google's error as gRPC carries it, with the details that clients read."""
    code = grpc.StatusCode[error["status"]].value[0] if error["status"] in grpc.StatusCode.__members__ else 2
    status = status_pb2.Status(code=code, message=error["message"])
    for detail in error.get("details", ()):
        if detail.get("@type", "").endswith("google.rpc.ErrorInfo"):
            info = error_details_pb2.ErrorInfo(
                reason=detail.get("reason", ""),
                domain=detail.get("domain", ""),
                metadata=detail.get("metadata", {}),
            )
            status.details.add().Pack(info)
    return status
