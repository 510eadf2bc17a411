"""Idempotency-Key on POST (draft-ietf-httpapi-idempotency-key-header): done once, answered alike."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable

from starlette.responses import Response

from runtime.db.idempotency import Earlier
from runtime.errors import Conflicting, Malformed, Unprocessable
from runtime.incoming import Incoming
from runtime.parts import Parts

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT = ("content-location", "content-type", "etag", "last-modified", "location")


async def once(
    parts: Parts, client_id: str, key: str, incoming: Incoming, run: Callable[[], Awaitable[Response]]
) -> Response:
    """The stored answer is sealed under the tenant's data key: the database sees nothing in clear."""
    if not _KEY.fullmatch(key):
        raise Malformed("Idempotency-Key must be 1 to 255 printable ASCII characters without space.")
    context = f"idempotency\0{parts.settings.tenant}\0{client_id}\0{key}".encode()
    digest = await asyncio.to_thread(_digest, parts, incoming)
    earlier = await asyncio.to_thread(parts.idempotency.begin, client_id, key, digest)
    if earlier is not None:
        return await asyncio.to_thread(_replay, parts, earlier, digest, context)
    try:
        response = await run()
    except BaseException:
        await asyncio.to_thread(parts.idempotency.forget, client_id, key)
        raise
    if response.status_code >= 500:
        await asyncio.to_thread(parts.idempotency.forget, client_id, key)
    else:
        sealed = await asyncio.to_thread(parts.cipher.seal, _pack(response), context)
        await asyncio.to_thread(parts.idempotency.finish, client_id, key, sealed)
    return response


def _replay(parts: Parts, earlier: Earlier, digest: str, context: bytes) -> Response:
    if earlier.request_hash != digest:
        raise Unprocessable("Idempotency-Key was used with a different request.")
    if earlier.answer is None:
        raise Conflicting("The first request with this Idempotency-Key is still under way.")
    kept = json.loads(parts.cipher.open(earlier.answer, context))
    headers = {**kept["headers"], "Idempotency-Replayed": "true"}
    return Response(base64.b64decode(kept["body"]), kept["status"], headers)


def _pack(response: Response) -> bytes:
    headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
    body = base64.b64encode(bytes(response.body)).decode()
    return json.dumps({"status": response.status_code, "headers": headers, "body": body}).encode()


def _digest(parts: Parts, incoming: Incoming) -> str:
    """Keyed, so that a guess at a small body cannot be tried against the database."""
    asked = incoming.interaction
    parts_of_it = (incoming.method, asked.path, asked.query, incoming.headers.get("if-none-exist", ""))
    mac = hmac.new(parts.blind_key.index().key, "\0".join(parts_of_it).encode() + b"\0", hashlib.sha256)
    mac.update(incoming.body)
    return mac.hexdigest()
