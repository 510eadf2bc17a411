"""Replays recorded exchanges of the official provider and compares the answers.

An answer is accepted when it has the recorded status and every recorded field. Values that the
server assigns must have the recorded type; ours replace the recorded ones in later requests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.localcloud.running import RunningCloud

API_NAMES = {
    "resourceManager": "cloudresourcemanager",
    "resourceManagerV3": "cloudresourcemanager",
    "iamBeta": "iam",
    "kms": "cloudkms",
    "sql": "sqladmin",
    "cloudRunV2": "run",
    "bigQuery": "bigquery",
}

ASSIGNED = frozenset(
    [
        "@type",
        "conditions",
        "IPAddress",
        "address",
        "authString",
        "creationTime",
        "creationTimestamp",
        "createTime",
        "creator",
        "currentLocationId",
        "databaseInstalledVersion",
        "destroyTime",
        "effectiveTime",
        "email",
        "enabledFeatures",
        "endTime",
        "etag",
        "expirationTime",
        "fingerprint",
        "gceZone",
        "host",
        "id",
        "insertTime",
        "ipAddress",
        "kind",
        "labelFingerprint",
        "lastModifiedTime",
        "lastModifier",
        "latestCreatedRevision",
        "latestReadyRevision",
        "locationId",
        "maintenanceVersion",
        "metadata",
        "nameServers",
        "nextRotationTime",
        "oauth2ClientId",
        "operationType",
        "persistenceIamIdentity",
        "reservedIpRange",
        "revisionCreateTime",
        "revisionId",
        "selfLink",
        "serverCaCert",
        "serviceAccountEmailAddress",
        "startTime",
        "targetLink",
        "uid",
        "uniqueId",
        "updateTime",
        "uri",
        "urls",
        "writerIdentity",
        "settingsVersion",
        "observedGeneration",
        "generation",
        "metageneration",
        "executionCount",
        "state",
        "targetId",
        "timeCreated",
        "updated",
    ]
)

NOT_GOOGLES = frozenset(["serviceCaCert"])
"""Fields that the recording's server made up: Google's discovery documents do not have them."""

_OWN_BUCKET = re.compile(r"logging\.googleapis\.com/projects/careplane-cell/locations/")

_MADE_UP = re.compile(r"[0-9a-f]{8,}|\d+|operation-[0-9a-f]+")


def _into_its_own_project(sink: dict[str, Any]) -> bool:
    """Google: such a sink "cannot have a writer_identity"; the recording's server gave every sink one."""
    return bool(_OWN_BUCKET.match(str(sink.get("destination"))))


@dataclass
class Replay:
    """One run over the recordings; `ours` maps recorded values to this server's."""

    cloud: RunningCloud
    token: str
    ours: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    passed: int = 0
    total: int = 0

    def play(self, file: Path) -> None:
        for position, line in enumerate(file.read_text().splitlines(), 1):
            exchange = json.loads(line)
            self.total += 1
            found = [*self._differences(exchange)]
            if found:
                where = f"{file.stem}:{position} {exchange['verb']} {exchange['path']}"
                self.problems.append(f"{where}\n    " + "\n    ".join(found[:6]))
            else:
                self.passed += 1

    def _differences(self, exchange: dict[str, Any]) -> Iterator[str]:
        api = API_NAMES.get(exchange["api"], exchange["api"].lower())
        answer = self.cloud.request(
            api,
            exchange["verb"],
            self._rewritten(exchange["path"]),
            self._rewritten(exchange["request"]),
            self.token,
            params={key: self._rewritten(value) for key, value in exchange["query"].items()},
        )
        if answer.status_code != exchange["status"]:
            yield f"status {answer.status_code}, recorded {exchange['status']}: {answer.text[:300]}"
            return
        if exchange["status"] < 400 and exchange["response"] is not None:
            yield from self._compare(exchange["response"], answer.json(), "", exchange["path"])

    def _rewritten(self, value: Any) -> Any:
        """A recorded request with this server's values in it."""
        if isinstance(value, dict):
            return {key: self._rewritten(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self._rewritten(entry) for entry in value]
        if not isinstance(value, str):
            return value
        value = value.replace("http://HOST", self.cloud.settings.url("compute"))
        for recorded in sorted(self.ours, key=len, reverse=True):
            value = value.replace(recorded, self.ours[recorded])
        return value

    def _compare(self, recorded: Any, answered: Any, path: str, request_path: str) -> Iterator[str]:
        key = path.rpartition(".")[2]
        if recorded is None:
            return
        if isinstance(recorded, dict) and key not in ASSIGNED:
            if not isinstance(answered, dict):
                yield f"{path}: {answered!r}, recorded an object"
                return
            for name, value in recorded.items():
                if name in NOT_GOOGLES or (name == "writerIdentity" and _into_its_own_project(recorded)):
                    continue
                if name not in answered and value is not None:
                    yield f"{path}.{name}: missing, recorded {value!r}"
                else:
                    yield from self._compare(value, answered.get(name), f"{path}.{name}", request_path)
        elif isinstance(recorded, list) and key not in ASSIGNED:
            if key == "rrsets" and isinstance(answered, list):
                wanted = {(record["name"], record["type"]) for record in recorded}
                answered = [record for record in answered if (record["name"], record["type"]) in wanted]
            if not isinstance(answered, list) or len(answered) != len(recorded):
                yield f"{path}: {answered!r}, recorded {recorded!r}"
                return
            for one, other in zip(recorded, answered, strict=True):
                yield from self._compare(one, other, path, request_path)
        else:
            yield from self._leaf(recorded, answered, path, request_path)

    def _leaf(self, recorded: Any, answered: Any, path: str, request_path: str) -> Iterator[str]:
        key = path.rpartition(".")[2]
        if recorded == answered or self._rewritten(recorded) == answered:
            if isinstance(recorded, str) and recorded in self.ours:
                self.ours[recorded] = answered
            return
        if key in ASSIGNED and type(recorded) is type(answered) and answered not in ("", [], {}):
            self._learn(key, recorded, answered, request_path)
        elif key == "name" and self._same_collection(recorded, answered):
            self.ours[recorded] = answered
        elif (key == "region" and str(answered).endswith(f"/regions/{recorded}")) or (
            isinstance(recorded, str)
            and recorded.startswith("http://HOST")
            and isinstance(answered, str)
            and (answered.partition("/projects/")[2] == self._rewritten(recorded).partition("/projects/")[2])
        ):
            return
        else:
            yield f"{path}: {answered!r}, recorded {recorded!r}"

    def _learn(self, key: str, recorded: Any, answered: Any, request_path: str) -> None:
        if not isinstance(recorded, str):
            return
        if key == "id" and request_path.endswith("/changes"):
            self.ours[f"changes/{recorded}"] = f"changes/{answered}"
        elif key in ("etag", "fingerprint", "labelFingerprint", "address"):
            self.ours[recorded] = answered

    def _same_collection(self, recorded: Any, answered: Any) -> bool:
        if not isinstance(recorded, str) or not isinstance(answered, str):
            return False
        head, _, last = recorded.rpartition("/")
        other, _, ours = answered.rpartition("/")
        same = self._rewritten(head) == other or (
            "/operations" in f"/{head}" and "/operations" in f"/{other}"
        )
        return same and bool(_MADE_UP.fullmatch(last)) and bool(ours)
