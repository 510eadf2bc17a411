"""The servicer: what the engine hears before, during and after a resource's life."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from localcloud.plugin.server import Provider
from localcloud.plugin.values import SIGNATURE, UNKNOWN, plain, struct
from tests.localcloud.plugin.answering import answering, error
from tests.localcloud.plugin.engine import plugin, urn

TOPIC = "gcp:pubsub/topic:Topic"
VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
ENDPOINTS = {f"{api}CustomEndpoint": "http://127.0.0.1:1/v1/" for api in ("pubsub", "secretManager")}


@contextmanager
def unconfigured() -> Iterator[Any]:
    server = grpc.server(ThreadPoolExecutor(2))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        server.stop(None)


def test_without_an_endpoint_it_refuses_to_start_work() -> None:
    with unconfigured() as stub:
        with pytest.raises(grpc.RpcError, match="this plugin speaks only to localcloud"):
            stub.Configure(pb.ConfigureRequest(args=struct({"project": "p"})))
        with pytest.raises(grpc.RpcError, match="this plugin speaks only to localcloud"):
            stub.Create(pb.CreateRequest(urn=urn(TOPIC, "t"), properties=struct({"name": "t"})))


def test_settings_are_checked_by_name() -> None:
    news = {"kmsCustomEndpoint": "http://8.8.8.8:80/v1/", "colour": "red", "project": "p"}
    with unconfigured() as stub:
        answer = stub.CheckConfig(pb.CheckRequest(urn=urn("pulumi:providers:gcp", "p"), news=struct(news)))
    assert sorted(failure.property for failure in answer.failures) == ["colour", "kmsCustomEndpoint"]


def test_an_unknown_type_is_named() -> None:
    with plugin(ENDPOINTS) as engine, pytest.raises(grpc.RpcError, match="gcp:x/y:Z is not supported"):
        engine.check("gcp:x/y:Z", "z", {})


def test_a_preview_asks_nobody_and_says_what_only_google_knows_is_unknown() -> None:
    with plugin(ENDPOINTS) as engine:
        id, outputs = engine.create(TOPIC, "t", {"name": "t", "kmsKeyName": UNKNOWN}, preview=True)
    assert id == ""
    assert outputs["effectiveLabels"] is UNKNOWN and outputs["project"] is UNKNOWN
    assert outputs["kmsKeyName"] is UNKNOWN and outputs["name"] == "t"
    assert "messageStoragePolicy" not in outputs


def test_a_preview_of_an_update_keeps_what_does_not_change() -> None:
    olds = {"id": "projects/p/topics/t", "name": "t", "effectiveLabels": {"a": "1"}}
    with plugin(ENDPOINTS) as engine:
        outputs = engine.update(
            TOPIC, "t", "t", olds, {"name": "t"}, {"name": "t", "kmsKeyName": "k"}, preview=True
        )
    assert outputs == {**olds, "kmsKeyName": "k"}


def test_secrets_come_back_as_secrets() -> None:
    def answer(verb: str, path: str, query: Any, body: Any) -> tuple[int, Any]:
        return 200, {"name": "projects/1/secrets/s/versions/1", "state": "ENABLED"}

    inputs = {"secret": "projects/p/secrets/s", "secretData": "hidden"}
    with answering(answer) as root, plugin({"secretManagerCustomEndpoint": f"{root}/v1/"}) as engine:
        checked = engine.stub.Check(
            pb.CheckRequest(urn=urn(VERSION, "v"), news=struct(inputs, {("secretData",)}))
        )
        created = engine.stub.Create(pb.CreateRequest(urn=urn(VERSION, "v"), properties=checked.inputs))
    for answered in (checked.inputs, created.properties):
        assert SIGNATURE in answered["secretData"]
        assert plain(answered)[0]["secretData"] == "hidden"


def test_what_was_made_before_a_failure_is_not_forgotten() -> None:
    """The engine keeps such a resource in its state, instead of making a second one."""

    def answer(verb: str, path: str, query: Any, body: Any) -> tuple[int, Any]:
        return (200, body) if verb == "PUT" else error(500, "down")

    with answering(answer) as root, plugin({"pubsubCustomEndpoint": f"{root}/v1/", "project": "p"}) as engine:
        with pytest.raises(grpc.RpcError) as caught:
            engine.create(TOPIC, "t", {"name": "t"})
    trailing = dict(caught.value.trailing_metadata())  # type: ignore[attr-defined]
    status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
    detail = pb.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    assert detail.id == "projects/p/topics/t"
    assert "down" in detail.reasons[0]


def test_an_error_names_the_resource_and_keeps_googles_words() -> None:
    with answering(lambda *_: error(403, "Permission 'pubsub.topics.create' denied")) as root:
        with plugin({"pubsubCustomEndpoint": f"{root}/v1/", "project": "p"}) as engine:
            with pytest.raises(
                grpc.RpcError, match=r"gcp:pubsub/topic:Topic 't': .*Permission 'pubsub.topics.create'"
            ):
                engine.create(TOPIC, "t", {"name": "t"})


def test_what_is_gone_reads_as_nothing() -> None:
    with answering(lambda *_: error(404)) as root:
        with plugin({"pubsubCustomEndpoint": f"{root}/v1/", "project": "p"}) as engine:
            assert engine.read(TOPIC, "t", "projects/p/topics/t", {"name": "t"}, {"name": "t"})[0] == ""


def test_deleting_what_is_gone_is_done() -> None:
    with answering(lambda *_: error(404)) as root:
        with plugin({"pubsubCustomEndpoint": f"{root}/v1/", "project": "p"}) as engine:
            engine.delete(TOPIC, "t", "projects/p/topics/t", {"name": "t", "project": "p"}, {})


def test_a_function_that_is_not_there_is_named() -> None:
    with (
        plugin(ENDPOINTS) as engine,
        pytest.raises(grpc.RpcError, match="function gcp:x/y:z is not supported"),
    ):
        engine.stub.Invoke(pb.InvokeRequest(tok="gcp:x/y:z"))


def test_the_client_configuration_keeps_its_token_secret() -> None:
    with plugin({**ENDPOINTS, "project": "p", "accessToken": "t0ken"}) as engine:
        token = "gcp:organizations/getClientConfig:getClientConfig"
        answer = getattr(engine.stub.Invoke(pb.InvokeRequest(tok=token)), "return")
    assert plain(answer)[0]["project"] == "p"
    assert plain(answer)[1] == {("accessToken",)}
