"""Cloud Logging through Google's client, over REST: entries are written before the call returns."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from runtime.clients.identity import GoogleIdentity
from runtime.errors import Unavailable


@dataclass(frozen=True)
class Line:
    """One structured entry; Cloud Logging drops a repetition of the same `insert_id`."""

    insert_id: str
    payload: dict[str, Any]
    severity: str = "NOTICE"


class LogSink(Protocol):
    def write(self, lines: Sequence[Line]) -> None: ...


class GoogleLogging:
    def __init__(
        self, identity: GoogleIdentity, project: str, root: str, log_name: str, labels: dict[str, str]
    ) -> None:
        self._identity, self._project, self._root = identity, project, root
        self._log_name, self._labels = log_name, labels
        self._lock = threading.Lock()
        self._made: Any = None

    def write(self, lines: Sequence[Line]) -> None:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        try:
            batch = self._logger().batch()
            for line in lines:
                batch.log_struct(
                    line.payload, insert_id=line.insert_id, severity=line.severity, labels=self._labels
                )
            batch.commit()
        except (GoogleAPIError, GoogleAuthError, OSError) as error:
            raise Unavailable("Cloud Logging does not take the entries.") from error

    def _logger(self) -> Any:
        with self._lock:
            if self._made is None:
                import google.cloud.logging

                client = google.cloud.logging.Client(  # type: ignore[no-untyped-call]
                    project=self._project,
                    credentials=self._identity.credentials(),
                    _use_grpc=False,
                    client_options={"api_endpoint": self._root},
                )
                self._made = client.logger(self._log_name)  # type: ignore[no-untyped-call]
            return self._made
