"""The gRPC servicer: the engine's words to ours and back.

https://github.com/pulumi/pulumi/blob/master/proto/pulumi/provider.proto
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, empty_pb2
from google.rpc import status_pb2  # the SDK carries a copy that cannot be loaded beside it
from pulumi.runtime.proto import errors_pb2 as _errors  # noqa: F401  (registers the engine's error details)
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from localcloud.plugin import catalogue, config, diff, functions, preview, refresh
from localcloud.plugin.check import check
from localcloud.plugin.client import Cancelled, Client, GoogleError
from localcloud.plugin.config import ConfigError, MissingEndpoint
from localcloud.plugin.crud import Behaviour, Partial, Refused
from localcloud.plugin.values import Path, existing, has_unknown, plain, struct

_EXPECTED = (GoogleError, Refused, MissingEndpoint, ConfigError, Cancelled, OSError, catalogue.UnknownType)
_DIFF = provider_pb2.PropertyDiff
_KINDS = {
    "add": (_DIFF.ADD, _DIFF.ADD_REPLACE),
    "delete": (_DIFF.DELETE, _DIFF.DELETE_REPLACE),
    "update": (_DIFF.UPDATE, _DIFF.UPDATE_REPLACE),
}


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One provider instance; `Configure` comes before any resource."""

    def __init__(self, client_factory: Callable[[config.Config], Client] = Client) -> None:
        self._client_factory = client_factory
        self._client: Client | None = None

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=catalogue.version())

    def GetSchema(self, request: Any, context: Any) -> Any:
        """Programs in Python bring their own."""
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        news, _ = plain(request.news)
        unknown = sorted(news.keys() - catalogue.provider_keys() - {"version", "__internal"})
        failures = [_failure(key, f"the gcp provider has no setting {key!r}") for key in unknown]
        for key, value in news.items():
            if key.endswith("CustomEndpoint") and isinstance(value, str):
                try:
                    config.require_loopback(key, value)
                except ConfigError as error:
                    failures.append(_failure(key, str(error)))
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Another address or token is the same provider: nothing is replaced for it."""
        olds, news = plain(request.old_inputs or request.olds)[0], plain(request.news)[0]
        changed = sorted(diff.changed_properties(olds, news))
        word = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=word, diffs=changed)

    def Configure(self, request: Any, context: Any) -> Any:
        values, _ = plain(request.args)
        if not values:
            values = {key.removeprefix("gcp:config:"): value for key, value in request.variables.items()}
        try:
            self._client = self._client_factory(config.read(values))
        except ConfigError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True, acceptResources=False)

    def Check(self, request: Any, context: Any) -> Any:
        behaviour = self._behaviour(request.urn, context, configured=False)
        news, secrets = plain(request.news)
        olds, _ = plain(request.olds)
        proposed, name = request.autonaming.proposed_name, request.urn.rsplit("::", 1)[-1]
        if proposed and "name" not in news and behaviour.kind.autoname and "name" in behaviour.names.inputs:
            news["name"] = olds.get("name") or proposed
        inputs, failures = check(behaviour.kind, behaviour.names, news, olds, name, request.randomSeed)
        wire = [_failure(path, reason) for path, reason in failures]
        return provider_pb2.CheckResponse(inputs=struct(inputs, existing(secrets, inputs)), failures=wire)

    def Diff(self, request: Any, context: Any) -> Any:
        behaviour = self._behaviour(request.urn, context, configured=False)
        news = plain(request.news)[0]
        outputs = plain(request.olds)[0]
        olds = plain(request.old_inputs)[0] or {k: v for k, v in outputs.items() if k in news}
        found = diff.changes(behaviour.kind, olds, news, outputs)
        replaces = [change.path for change in found if change.replaces]
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=sorted({re.split(r"[.\[]", change.path)[0] for change in found}),
            replaces=replaces,
            deleteBeforeReplace=bool(replaces)
            and behaviour.kind.autoname
            and _same_name(olds, news)
            and not _autonamed(request.urn, news),
            detailedDiff={change.path: _property_diff(change) for change in found},
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:
        behaviour = self._behaviour(request.urn, context)
        inputs, secrets = plain(request.properties)
        if request.preview:
            outputs = preview.created(behaviour.kind, behaviour.names, inputs)
            return provider_pb2.CreateResponse(
                properties=struct(outputs, _secrets(behaviour, outputs, secrets))
            )
        try:
            id, outputs = behaviour.create(inputs)
        except Partial as error:
            wire = struct(error.outputs, _secrets(behaviour, error.outputs, secrets))
            _abort_partial(context, error, wire, request.properties)
        except _EXPECTED as error:
            _abort(context, request.urn, error)
        return provider_pb2.CreateResponse(
            id=id, properties=struct(outputs, _secrets(behaviour, outputs, secrets))
        )

    def Read(self, request: Any, context: Any) -> Any:
        behaviour = self._behaviour(request.urn, context)
        olds, secrets = plain(request.properties)
        old_inputs, input_secrets = plain(request.inputs)
        importing = not olds or olds.keys() <= {"id"}
        try:
            values = (
                behaviour.parse(request.id) if importing else behaviour.resolve({"id": request.id, **olds})
            )
            outputs = behaviour.read(values)
        except _EXPECTED as error:
            _abort(context, request.urn, error)
        if outputs is None:
            return provider_pb2.ReadResponse()
        if importing:
            inputs = refresh.imported(behaviour.kind, behaviour.names, outputs)
        else:
            inputs = refresh.drifted(old_inputs, olds, outputs)
        return provider_pb2.ReadResponse(
            id=outputs.get("id") or request.id,
            properties=struct(outputs, _secrets(behaviour, outputs, secrets)),
            inputs=struct(inputs, _secrets(behaviour, inputs, input_secrets)),
        )

    def Update(self, request: Any, context: Any) -> Any:
        behaviour = self._behaviour(request.urn, context)
        inputs, secrets = plain(request.news)
        olds, _ = plain(request.olds)
        old_inputs = plain(request.old_inputs)[0] or {k: v for k, v in olds.items() if k in inputs}
        try:
            if request.preview or has_unknown(inputs):
                outputs = preview.updated(behaviour.names, olds, inputs)
            else:
                outputs = behaviour.update(olds, old_inputs, inputs)
        except _EXPECTED as error:
            _abort(context, request.urn, error)
        return provider_pb2.UpdateResponse(properties=struct(outputs, _secrets(behaviour, outputs, secrets)))

    def Delete(self, request: Any, context: Any) -> Any:
        behaviour = self._behaviour(request.urn, context)
        try:
            behaviour.delete({"id": request.id, **plain(request.properties)[0]})
        except _EXPECTED as error:
            _abort(context, request.urn, error)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        try:
            found = functions.invoke(self._configured(context), request.tok, plain(request.args)[0])
        except (*_EXPECTED, functions.UnknownFunction) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        answer: dict[str, Any] = {"return": struct(found, {(k,) for k in found if k == "accessToken"})}
        return provider_pb2.InvokeResponse(**answer)

    def Cancel(self, request: Any, context: Any) -> Any:
        if self._client is not None:
            self._client.cancelled.set()
        return empty_pb2.Empty()

    def _configured(self, context: Any) -> Client:
        if self._client is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"not configured: {config.ONLY}")
        return self._client  # type: ignore[return-value]

    def _behaviour(self, urn: str, context: Any, configured: bool = True) -> Behaviour:
        token = urn.split("::")[2].rsplit("$", 1)[-1]
        client = self._configured(context) if configured else self._client or Client(config.Config())
        try:
            kind = catalogue.kind_of(token)
        except catalogue.UnknownType as error:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, str(error))
        return (kind.behaviour or Behaviour)(kind, catalogue.names_of(token), client)


def _secrets(behaviour: Behaviour, values: dict[str, Any], secrets: set[Path]) -> set[Path]:
    declared = {(name,) for name in behaviour.names.secrets if name in values}
    return declared | existing(secrets, values)


def _autonamed(urn: str, news: dict[str, Any]) -> bool:
    """Whether the replacement gets another name, so that both can be there at once."""
    name = re.escape(urn.rsplit("::", 1)[-1])
    prefix = "namePrefix" in news and "name" not in news
    return prefix or bool(re.fullmatch(rf"{name}-[0-9a-f]{{7}}", str(news.get("name", ""))))


def _same_name(olds: dict[str, Any], news: dict[str, Any]) -> bool:
    return "name" in news and olds.get("name") == news["name"]


def _property_diff(change: diff.Change) -> Any:
    return _DIFF(kind=_KINDS[change.kind][change.replaces], inputDiff=True)


def _failure(path: str, reason: str) -> Any:
    return provider_pb2.CheckFailure(property=path, reason=reason)


def _abort(context: Any, urn: str, error: Exception) -> NoReturn:
    kind, name = urn.split("::")[2:4]
    context.abort(grpc.StatusCode.UNKNOWN, f"{kind.rsplit('$', 1)[-1]} {name!r}: {error}")
    raise AssertionError("abort raises")


def _abort_partial(context: Any, error: Partial, properties: Any, inputs: Any) -> NoReturn:
    """Tell the engine that the resource exists, so that it is kept in state and not made twice."""
    detail = any_pb2.Any()
    reasons = [str(error)]
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.id, properties=properties, reasons=reasons, inputs=inputs
        )
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
    raise AssertionError("abort raises")
