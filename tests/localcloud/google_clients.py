"""Google's own clients, pointed at a running local cloud."""

from __future__ import annotations

from typing import Any

import google.auth.credentials
import grpc
from google.auth.credentials import AnonymousCredentials
from google.cloud import kms_v1, pubsub_v1, secretmanager_v1, storage
from google.cloud.kms_v1.services.key_management_service.transports import KeyManagementServiceRestTransport
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import (
    SecretManagerServiceRestTransport,
)
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from tests.localcloud.running import RunningCloud


class BearerCredentials(google.auth.credentials.Credentials):  # type: ignore[no-untyped-call,misc]
    """A fixed token on every request."""

    def __init__(self, token: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = token

    @property
    def valid(self) -> bool:
        return True

    def refresh(self, request: Any) -> None:
        raise AssertionError("a fixed token cannot be refreshed")

    def with_quota_project(self, project: str) -> BearerCredentials:
        return self


def _host(cloud: RunningCloud, api: str) -> str:
    return f"{cloud.settings.address}:{cloud.settings.port(api)}"


def kms(cloud: RunningCloud, token: str | None = None) -> kms_v1.KeyManagementServiceClient:
    transport = KeyManagementServiceRestTransport(
        host=_host(cloud, "cloudkms"),
        url_scheme="http",
        credentials=BearerCredentials(token or cloud.operator_token),
    )
    return kms_v1.KeyManagementServiceClient(transport=transport)


def secrets(cloud: RunningCloud, token: str | None = None) -> secretmanager_v1.SecretManagerServiceClient:
    transport = SecretManagerServiceRestTransport(
        host=_host(cloud, "secretmanager"),
        url_scheme="http",
        credentials=BearerCredentials(token or cloud.operator_token),
    )
    return secretmanager_v1.SecretManagerServiceClient(transport=transport)


def buckets(cloud: RunningCloud, token: str | None = None, project: str = "careplane-cell") -> storage.Client:
    return storage.Client(
        project=project,
        credentials=BearerCredentials(token or cloud.operator_token),
        client_options={"api_endpoint": cloud.settings.url("storage")},
    )


class _Details(grpc.ClientCallDetails):
    def __init__(self, details: Any, metadata: list[tuple[str, str]]) -> None:
        for name in ("method", "timeout", "credentials", "wait_for_ready", "compression"):
            setattr(self, name, getattr(details, name, None))
        self.metadata = metadata


class _Bearer(grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor):
    """Adds the token to every call on a plain channel."""

    def __init__(self, token: str) -> None:
        self._entry = ("authorization", f"Bearer {token}")

    def _with_token(self, details: Any) -> _Details:
        return _Details(details, [*(details.metadata or ()), self._entry])

    def intercept_unary_unary(self, continuation: Any, details: Any, request: Any) -> Any:
        return continuation(self._with_token(details), request)

    def intercept_stream_stream(self, continuation: Any, details: Any, requests: Any) -> Any:
        return continuation(self._with_token(details), requests)


def channel(cloud: RunningCloud, token: str | None = None) -> grpc.Channel:
    plain = grpc.insecure_channel(cloud.settings.pubsub_grpc)
    return grpc.intercept_channel(plain, _Bearer(token or cloud.operator_token))


def publisher(
    cloud: RunningCloud, token: str | None = None, *, ordering: bool = False
) -> pubsub_v1.PublisherClient:
    options = pubsub_v1.types.PublisherOptions(enable_message_ordering=ordering)
    return pubsub_v1.PublisherClient(
        publisher_options=options,
        transport=PublisherGrpcTransport(channel=channel(cloud, token), credentials=AnonymousCredentials()),
    )


def subscriber(cloud: RunningCloud, token: str | None = None) -> pubsub_v1.SubscriberClient:
    return pubsub_v1.SubscriberClient(
        transport=SubscriberGrpcTransport(channel=channel(cloud, token), credentials=AnonymousCredentials())
    )
