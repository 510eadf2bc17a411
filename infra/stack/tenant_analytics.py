"""A tenant's records in BigQuery: streamed as they change, exported whole every night, under its own key."""

from __future__ import annotations

import pulumi

from infra.analytics.dataset import Dataset, DatasetArgs
from infra.config import TenantConfig
from infra.kms.grants import GrantArgs, KeyGrants
from infra.site import Site
from infra.stack.home import Home
from infra.stack.tenant_keys import Keys


def tables(config: TenantConfig, site: Site, home: Home, keys: Keys) -> pulumi.Output[str]:
    """The address that the Healthcare API streams to."""
    granted = KeyGrants("analytics-key", GrantArgs(keys.clinical, {"bigquery": home.agent("bigquery")}))
    return Dataset(
        "analytics",
        DatasetArgs(
            site,
            f"{config.tenant}{config.suffix}_records".replace("-", "_"),
            keys.clinical,
            writers={"healthcare": home.agent("healthcare")},
            depends_on=tuple(granted.grants.values()),
        ),
    ).uri
