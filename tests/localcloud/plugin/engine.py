"""The engine's side of the plugin's gRPC, as small as tests need it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from localcloud.plugin.client import Client
from localcloud.plugin.config import Config
from localcloud.plugin.server import Provider
from localcloud.plugin.values import plain, struct

Json = dict[str, Any]


def impatient(config: Config) -> Client:
    return Client(config, sleep=lambda seconds: None)


@contextmanager
def plugin(configuration: Json) -> Iterator[Engine]:
    """A configured plugin behind a real channel."""
    server = grpc.server(ThreadPoolExecutor(8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(impatient), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            stub.Configure(pb.ConfigureRequest(args=struct(configuration), acceptSecrets=True))
            yield Engine(stub)
    finally:
        server.stop(None)


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:test::test::{token}::{name}"


class Engine:
    """One call a step, plain values in and out."""

    def __init__(self, stub: Any) -> None:
        self.stub = stub

    def check(self, token: str, name: str, news: Json, olds: Json | None = None) -> tuple[Json, list[str]]:
        request = pb.CheckRequest(
            urn=urn(token, name), news=struct(news), olds=struct(olds or {}), randomSeed=b"seed"
        )
        answer = self.stub.Check(request)
        return plain(answer.inputs)[0], [failure.reason for failure in answer.failures]

    def diff(self, token: str, name: str, id: str, olds: Json, old_inputs: Json, news: Json) -> Any:
        return self.stub.Diff(
            pb.DiffRequest(
                urn=urn(token, name),
                id=id,
                olds=struct(olds),
                old_inputs=struct(old_inputs),
                news=struct(news),
            )
        )

    def create(self, token: str, name: str, inputs: Json, preview: bool = False) -> tuple[str, Json]:
        request = pb.CreateRequest(urn=urn(token, name), properties=struct(inputs), preview=preview)
        answer = self.stub.Create(request)
        return answer.id, plain(answer.properties)[0]

    def read(self, token: str, name: str, id: str, olds: Json, old_inputs: Json) -> tuple[str, Json, Json]:
        answer = self.stub.Read(
            pb.ReadRequest(urn=urn(token, name), id=id, properties=struct(olds), inputs=struct(old_inputs))
        )
        return answer.id, plain(answer.properties)[0], plain(answer.inputs)[0]

    def update(
        self, token: str, name: str, id: str, olds: Json, old_inputs: Json, news: Json, preview: bool = False
    ) -> Json:
        answer = self.stub.Update(
            pb.UpdateRequest(
                urn=urn(token, name),
                id=id,
                olds=struct(olds),
                old_inputs=struct(old_inputs),
                news=struct(news),
                preview=preview,
            )
        )
        return plain(answer.properties)[0]

    def delete(self, token: str, name: str, id: str, olds: Json, old_inputs: Json) -> None:
        self.stub.Delete(
            pb.DeleteRequest(
                urn=urn(token, name), id=id, properties=struct(olds), old_inputs=struct(old_inputs)
            )
        )
