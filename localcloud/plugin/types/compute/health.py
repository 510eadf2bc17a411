"""Health checks, global and regional: https://cloud.google.com/load-balancing/docs/health-check-concepts"""

from __future__ import annotations

from localcloud.plugin.kinds import Field, Json, Kind, moved
from localcloud.plugin.types.compute.base import GLOBAL, NAMED, REGION, Regional, Replaced

_TYPES = {
    "httpHealthCheck": "HTTP",
    "httpsHealthCheck": "HTTPS",
    "http2HealthCheck": "HTTP2",
    "tcpHealthCheck": "TCP",
    "sslHealthCheck": "SSL",
    "grpcHealthCheck": "GRPC",
    "grpcTlsHealthCheck": "GRPC_WITH_TLS",
}
_HTTP = ("httpHealthCheck", "httpsHealthCheck", "http2HealthCheck")


class HealthCheck(Replaced):
    """The type says which of the blocks is there."""

    def body(self, values: Json) -> Json | None:
        found = [kind for block, kind in _TYPES.items() if values.get(block) is not None]
        return {**(super().body(values) or {}), **({"type": found[0]} if found else {})}


class RegionHealthCheck(HealthCheck, Regional):
    references = ()


_DEFAULTS = {
    "checkIntervalSec": 5,
    "healthyThreshold": 2,
    "timeoutSec": 5,
    "unhealthyThreshold": 2,
    **{f"{block}.requestPath": "/" for block in _HTTP},
    **{f"{block}.proxyHeader": "NONE" for block in (*_HTTP, "tcpHealthCheck", "sslHealthCheck")},
}
_FIELDS = {
    **NAMED,
    # An empty block says which type it is.
    **{block: Field(keep=True) for block in _TYPES},
    "logConfig": Field(zero={"enable": False}),
}

KINDS = (
    Kind(
        token="gcp:compute/healthCheck:HealthCheck",
        api="compute",
        path=f"{GLOBAL}/healthChecks/{{name}}",
        behaviour=HealthCheck,
        update_verb="PUT",
        mask=False,
        defaults=_DEFAULTS,
        fields=_FIELDS,
    ),
    Kind(
        token="gcp:compute/regionHealthCheck:RegionHealthCheck",
        api="compute",
        path=f"{REGION}/healthChecks/{{name}}",
        behaviour=RegionHealthCheck,
        update_verb="PUT",
        mask=False,
        defaults=_DEFAULTS,
        fields={**_FIELDS, "healthCheckId": moved("id")},
    ),
)
