"""The three ways to upload: media, multipart and resumable
(https://cloud.google.com/storage/docs/uploads-downloads)."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import urlencode

from localcloud.api import ApiError, Call, Json, Reply
from localcloud.cloud import Cloud
from localcloud.storage import tables

_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


@dataclass(frozen=True)
class Upload:
    """What an upload brings: the object's name, its metadata and its bytes."""

    name: str
    metadata: Json
    data: bytes


def of_media(call: Call) -> Upload:
    """Bytes as they are; name and type outside."""
    metadata: Json = {}
    if call.headers.get("content-type"):
        metadata["contentType"] = call.headers["content-type"]
    return Upload(call.query.get("name", ""), metadata | _goog_hash(call), call.raw)


def of_multipart(call: Call) -> Upload:
    """Metadata and bytes as the two parts of multipart/related."""
    head = f"content-type: {call.headers.get('content-type', '')}\r\n\r\n".encode()
    message: Any = BytesParser(policy=HTTP).parsebytes(head, headersonly=True)
    boundary = message.get_boundary()
    if not boundary:
        raise ApiError(400, "A multipart upload needs a boundary in its content type.", reason="badContent")
    parts = call.raw.split(b"--" + boundary.encode())[1:-1]
    if len(parts) != 2:
        raise ApiError(400, f"A multipart upload has two parts, not {len(parts)}.", reason="badContent")
    (_, first), (kind, data) = (_part(part) for part in parts)
    metadata = _metadata(first)
    if kind:
        metadata.setdefault("contentType", kind)
    return Upload(call.query.get("name") or str(metadata.get("name", "")), metadata | _goog_hash(call), data)


def _part(raw: bytes) -> tuple[str, bytes]:
    """Content type and bytes of one part."""
    raw = raw.removeprefix(b"\r\n").removeprefix(b"\n")
    head, mark, data = raw.partition(b"\r\n\r\n")
    if not mark:
        head, _, data = raw.partition(b"\n\n")
        return _content_type(head), data.removesuffix(b"\n")
    return _content_type(head), data.removesuffix(b"\r\n")


def _content_type(head: bytes) -> str:
    match = re.search(rb"(?im)^content-type:\s*(.+?)\s*$", head)
    return match[1].decode("latin-1") if match else ""


def _metadata(raw: bytes) -> Json:
    try:
        metadata = json.loads(raw or b"{}")
    except ValueError as error:
        raise ApiError(400, "The metadata part is no JSON.", reason="parseError") from error
    if not isinstance(metadata, dict):
        raise ApiError(400, "The metadata part must be an object.", reason="parseError")
    return metadata


def _goog_hash(call: Call) -> Json:
    """`X-Goog-Hash: crc32c=…,md5=…` asks for a check."""
    given = dict(
        part.strip().split("=", 1) for part in call.headers.get("x-goog-hash", "").split(",") if "=" in part
    )
    return {field: given[key] for key, field in (("crc32c", "crc32c"), ("md5", "md5Hash")) if key in given}


def begin(cloud: Cloud, call: Call, bucket: str) -> Reply:
    """Start a resumable upload: the answer says where its bytes go."""
    metadata = _metadata(call.raw)
    if call.headers.get("x-upload-content-type"):
        metadata.setdefault("contentType", call.headers["x-upload-content-type"])
    name = call.query.get("name") or str(metadata.get("name", ""))
    session = {
        "bucket": bucket,
        "name": name,
        "metadata": metadata,
        "query": dict(call.query),
        "size": 0,
        "member": call.caller.member,
    }
    identifier = uuid.uuid4().hex
    with tables.transaction(cloud) as db:
        db.execute("INSERT INTO storage_upload VALUES (?,?,?)", (identifier, bucket, json.dumps(session)))
    query = urlencode({"uploadType": "resumable", "name": name, "upload_id": identifier})
    place = f"{call.base_url}/upload/storage/v1/b/{bucket}/o?{query}"
    return Reply(b"", headers={"location": place, "x-guploader-uploadid": identifier})


def resume(cloud: Cloud, call: Call) -> tuple[Json, Upload] | Reply:
    """Take the next bytes: 308 while there are more to come, session and upload when all are there."""
    identifier = call.query.get("upload_id", "")
    session = _session(cloud, call, identifier)
    path = tables.blob_path(cloud, session["bucket"], f"upload-{identifier}")
    first, total = _range(call)
    if first is not None:
        _append(path, session, first, call.raw)
        _save(cloud, identifier, session)
    if total is None or session["size"] < total:
        return _more(session)
    data = path.read_bytes() if path.exists() else b""
    return session, Upload(session["name"], session["metadata"] | _goog_hash(call), data)


def _append(path: Any, session: Json, first: int, data: bytes) -> None:
    if first > session["size"]:
        raise ApiError(
            400,
            f"The upload has {session['size']} bytes; a part cannot start at {first}.",
            reason="badContent",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "r+b" if path.exists() else "w+b") as file:
        file.seek(first)
        file.truncate()
        file.write(data)
    session["size"] = first + len(data)


def _range(call: Call) -> tuple[int | None, int | None]:
    """First byte of this part (None: a question) and the total, if known."""
    given = call.headers.get("content-range")
    if given is None:
        return 0, len(call.raw)
    match = _RANGE.fullmatch(given)
    if match is None:
        raise ApiError(400, f"Invalid Content-Range {given!r}.", reason="badContent")
    return (int(match[1]) if match[1] else None), (None if match[3] == "*" else int(match[3]))


def _more(session: Json) -> Reply:
    held = {"range": f"bytes=0-{session['size'] - 1}"} if session["size"] else {}
    return Reply(b"", 308, held)


def _session(cloud: Cloud, call: Call, identifier: str) -> Json:
    with tables.transaction(cloud) as db:
        row = db.execute("SELECT session FROM storage_upload WHERE id=?", (identifier,)).fetchone()
    session: Json = json.loads(row[0]) if row else {}
    if not session or session["member"] != call.caller.member:
        raise ApiError(404, "No such upload.", reason="notFound")
    return session


def _save(cloud: Cloud, identifier: str, session: Json) -> None:
    with tables.transaction(cloud) as db:
        db.execute("UPDATE storage_upload SET session=? WHERE id=?", (json.dumps(session), identifier))


def end(cloud: Cloud, call: Call, bucket: str) -> None:
    """Forget a finished upload's session and its part file."""
    identifier = call.query.get("upload_id", "")
    _session(cloud, call, identifier)
    with tables.transaction(cloud) as db:
        db.execute("DELETE FROM storage_upload WHERE id=?", (identifier,))
    tables.blob_path(cloud, bucket, f"upload-{identifier}").unlink(missing_ok=True)
