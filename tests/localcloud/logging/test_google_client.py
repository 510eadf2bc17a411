"""Google's Logging client, without gRPC, against a running local cloud."""

from __future__ import annotations

import uuid

import google.cloud.logging

from tests.localcloud import google_clients
from tests.localcloud.running import RunningCloud


def test_write_and_list(localcloud: RunningCloud) -> None:
    client = google.cloud.logging.Client(  # type: ignore[no-untyped-call]
        project="careplane-cell",
        credentials=google_clients.BearerCredentials(localcloud.operator_token),
        _use_grpc=False,
        client_options={"api_endpoint": localcloud.settings.url("logging")},
    )
    name = f"audit-{uuid.uuid4().hex[:8]}"
    logger = client.logger(name)
    logger.log_struct({"tenant": "riverside", "status": 200}, severity="NOTICE", labels={"kind": "access"})
    logger.log_text("second")
    found = [
        entry
        for entry in client.list_entries(filter_=f'log_id("{name}")', order_by=google.cloud.logging.ASCENDING)
        if "logging.googleapis.com/diagnostic" not in entry.payload
    ]
    assert [entry.payload for entry in found] == [{"tenant": "riverside", "status": 200}, "second"]
    assert found[0].severity == "NOTICE" and found[0].labels == {"kind": "access"}
    logger.delete()
    assert not list(client.list_entries(filter_=f'log_id("{name}")'))
