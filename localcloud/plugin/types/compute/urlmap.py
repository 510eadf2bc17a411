"""URL maps: https://cloud.google.com/load-balancing/docs/url-map-concepts"""

from __future__ import annotations

from typing import Any

from localcloud.plugin.kinds import Field, Json, Kind, moved
from localcloud.plugin.types.compute.base import GLOBAL, NAMED, Fingerprinted, absolute, linked, v1


class UrlMap(Fingerprinted):
    """Backends are named by their full address, also those of other projects."""

    def body(self, values: Json) -> Json | None:
        return self._addressed(super().body(values))  # type: ignore[no-any-return]

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        return {**outputs, **v1({name: outputs[name] for name in self.names.inputs})}

    def _addressed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: self._address(v) if k in _BACKENDS else self._addressed(v) for k, v in value.items()}
        return [self._addressed(v) for v in value] if isinstance(value, list) else value

    def _address(self, value: Any) -> Any:
        return absolute(self, value, {})


_BACKENDS = frozenset({"defaultService", "service", "backendService"})

_RULES = ("pathMatchers.pathRules", "pathMatchers.routeRules")
_ACTIONS = (
    "defaultRouteAction",
    "pathMatchers.defaultRouteAction",
    *(f"{rule}.routeAction" for rule in _RULES),
)
_WEIGHTED = tuple(f"{action}.weightedBackendServices" for action in _ACTIONS)
_HEADERS = tuple(
    f"{prefix}headerAction"
    for prefix in ("", "pathMatchers.", f"{_RULES[1]}.", *(f"{w}." for w in _WEIGHTED))
)


def _header_fields() -> dict[str, Field]:
    """Cloud Armor has a property of nearly the same name, which is spelled with an s."""
    return {f"{path}.requestHeadersToAdds": moved("requestHeadersToAdd") for path in _HEADERS}


KINDS = (
    Kind(
        token="gcp:compute/uRLMap:URLMap",
        api="compute",
        path=f"{GLOBAL}/urlMaps/{{name}}",
        behaviour=UrlMap,
        update_verb="PUT",
        mask=False,
        fields={**NAMED, "mapId": moved("id"), **_header_fields()},
        equal=linked(
            "defaultService",
            "pathMatchers.defaultService",
            *(f"{rule}.service" for rule in _RULES),
            *(f"{action}.requestMirrorPolicy.backendService" for action in _ACTIONS),
            *(f"{weighted}.backendService" for weighted in _WEIGHTED),
            "tests.service",
        ),
    ),
)
