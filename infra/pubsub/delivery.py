"""Where a subscription's messages go when nobody pulls them: an HTTPS endpoint or a BigQuery table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from infra.errors import ConfigError


@dataclass(frozen=True)
class Push:
    """Each message is posted to `endpoint` with an OIDC token of `service_account` (check 24).

    `audience` is what the endpoint expects in the token, the endpoint's address when unset; `unwrapped`
    posts the bare payload. https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
    """

    endpoint: pulumi.Input[str]
    service_account: pulumi.Input[str]
    audience: pulumi.Input[str] | None = None
    unwrapped: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.endpoint, str):
            require_https(self.endpoint)

    def inputs(self) -> dict[str, Any]:
        token: dict[str, Any] = {"service_account_email": self.service_account}
        if self.audience is not None:
            token["audience"] = self.audience
        endpoint = pulumi.Output.from_input(self.endpoint).apply(require_https)
        config: dict[str, Any] = {"push_endpoint": endpoint, "oidc_token": token}
        return config | ({"no_wrapper": {"write_metadata": True}} if self.unwrapped else {})


@dataclass(frozen=True)
class BigQueryExport:
    """Each message becomes a row of `table` (PROJECT.DATASET.TABLE), written as `service_account`.

    Without one Pub/Sub's agent writes. https://cloud.google.com/pubsub/docs/bigquery
    """

    table: pulumi.Input[str]
    service_account: pulumi.Input[str] | None = None
    use_topic_schema: bool = False
    use_table_schema: bool = False
    write_metadata: bool = True
    drop_unknown_fields: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.table, str) and self.table.count(".") < 2:
            raise ConfigError("BigQuery table", self.table, "PROJECT.DATASET.TABLE")
        if self.use_topic_schema and self.use_table_schema:
            raise ConfigError("BigQuery schema", "both", "the topic's or the table's")

    def inputs(self) -> dict[str, Any]:
        config: dict[str, Any] = {
            "table": self.table,
            "use_topic_schema": self.use_topic_schema,
            "use_table_schema": self.use_table_schema,
            "write_metadata": self.write_metadata,
            "drop_unknown_fields": self.drop_unknown_fields,
        }
        return config | ({"service_account_email": self.service_account} if self.service_account else {})


def require_https(endpoint: str) -> str:
    """The address, if it is encrypted on the way."""
    if not endpoint.startswith("https://"):
        raise ConfigError("push endpoint", endpoint, "an https:// address")
    return endpoint
