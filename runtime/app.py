"""The application: every endpoint and every middleware, in the order in which they act."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runtime.middleware.audit import AuditMiddleware
from runtime.middleware.authentication import AuthenticationMiddleware
from runtime.middleware.body_limit import BodyLimitMiddleware
from runtime.middleware.errors import ErrorMiddleware
from runtime.middleware.measure import MeasureMiddleware
from runtime.middleware.request_id import RequestIdMiddleware
from runtime.middleware.security_headers import SecurityHeadersMiddleware
from runtime.middleware.time_limit import TimeLimitMiddleware
from runtime.outcome import outcome_response
from runtime.parts import Outside, Parts, assemble
from runtime.routes.export import File, KickOff, Status
from runtime.routes.fhir import FhirEndpoint
from runtime.routes.health import MetricsEndpoint, Ready, alive
from runtime.routes.smart import Metadata, SmartConfiguration
from runtime.routes.token import JwksEndpoint, TokenEndpoint
from runtime.routes.trail import TrailEndpoint
from runtime.settings import Settings

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]
_VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def build_app(
    settings: Settings, outside: Outside, workers: Callable[[Parts], Lifespan] | None = None
) -> Starlette:
    """`workers` makes what runs beside the requests (`runtime.workers.running`); without it nothing does."""
    parts = assemble(settings, outside)
    smart, ready, fhir = SmartConfiguration(parts), Ready(parts), FhirEndpoint(parts)
    metadata = Metadata(parts)
    kick_off = _endpoint(KickOff(parts, metadata))
    return Starlette(
        routes=[
            Route("/healthz", alive),
            Route("/health", alive),
            Route("/readyz", _endpoint(ready)),
            Route("/ready", _endpoint(ready)),
            Route("/metrics", _endpoint(MetricsEndpoint(parts))),
            Route("/.well-known/smart-configuration", _endpoint(smart)),
            Route("/fhir/.well-known/smart-configuration", _endpoint(smart)),
            Route("/fhir/metadata", _endpoint(metadata)),
            Route("/auth/jwks", _endpoint(JwksEndpoint(parts))),
            Route("/auth/token", _endpoint(TokenEndpoint(parts)), methods=["POST"]),
            Route("/audit/{path:path}", _endpoint(TrailEndpoint(parts)), methods=_VERBS),
            Route("/fhir/$export", kick_off, methods=_VERBS),
            Route("/fhir/Patient/$export", kick_off, methods=_VERBS),
            Route("/fhir/$export/{job}", _endpoint(Status(parts)), methods=_VERBS),
            Route("/fhir/$export/{job}/{file}", _endpoint(File(parts)), methods=_VERBS),
            Route("/fhir", _endpoint(fhir), methods=_VERBS),
            Route("/fhir/{path:path}", _endpoint(fhir), methods=_VERBS),
        ],
        middleware=[
            Middleware(RequestIdMiddleware),
            Middleware(SecurityHeadersMiddleware),
            Middleware(MeasureMiddleware, metrics=parts.metrics),
            Middleware(
                AuditMiddleware,
                outside.publisher,
                settings.audit_topic,
                settings.tenant,
                parts.metrics,
                proxies=2 if settings.base_url else 1,
            ),
            Middleware(ErrorMiddleware),
            Middleware(TimeLimitMiddleware),
            Middleware(BodyLimitMiddleware, limit=settings.body_limit),
            Middleware(AuthenticationMiddleware, parts.tokens, outside.address, parts.revocations),
        ],
        exception_handlers={HTTPException: _http_error},
        lifespan=workers(parts) if workers else None,
    )


def _endpoint(handler: object) -> Callable[[Request], object]:
    """Starlette takes functions as request handlers; an object would be taken for an ASGI app."""

    async def handle(request: Request) -> Response:
        answer: Response = await handler(request)  # type: ignore[operator]
        return answer

    return handle


async def _http_error(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: an unknown path or method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    issue, text = (
        ("not-found", "There is nothing at this address.")
        if status == 404
        else ("not-supported", "Not allowed here.")
    )
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return outcome_response(status, issue, text, headers)
