"""Entries: writing, finding, routing, retention, and who may read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import audit, projects
from localcloud.api import ApiError, Caller, Json
from localcloud.cloud import Cloud
from localcloud.policy import bind
from localcloud.services import logging_entries
from tests.localcloud.clouds import local_cloud
from tests.localcloud.harness import PROJECT, call, make_call, request
from tests.localcloud.kms import keys

_PLACE = f"projects/{PROJECT}/locations/europe-west3"
_BUCKET = f"{_PLACE}/buckets/audit"
_RESOURCE = {"type": "global"}


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with local_cloud(tmp_path) as made:
        yield made


def _write(cloud: Cloud, *entries: Json, **more: Any) -> Json:
    body = {
        "logName": f"projects/{PROJECT}/logs/app",
        "resource": _RESOURCE,
        "entries": list(entries),
        **more,
    }
    return call(cloud, "logging.entries.write", "entries", body)


def _list(cloud: Cloud, *names: str, **more: Any) -> list[Json]:
    body = {"resourceNames": list(names) or [f"projects/{PROJECT}"], **more}
    return call(cloud, "logging.entries.list", "entries", body).get("entries", [])


def _sink(cloud: Cloud, name: str, destination: str, **more: Any) -> None:
    call(
        cloud,
        "logging.projects.sinks.create",
        f"projects/{PROJECT}/sinks",
        {"name": name, "destination": destination, **more},
    )


def _bucket(cloud: Cloud, **more: Any) -> None:
    call(
        cloud,
        "logging.projects.locations.buckets.create",
        f"{_PLACE}/buckets",
        more,
        query={"bucketId": "audit"},
    )


def test_written_entries_are_found_in_order_and_by_page(cloud: Cloud) -> None:
    _write(cloud, *({"textPayload": str(n), "timestamp": f"2026-11-0{n}T00:00:00Z"} for n in (3, 1, 2)))
    assert [e["textPayload"] for e in _list(cloud)] == ["1", "2", "3"]
    assert [e["textPayload"] for e in _list(cloud, orderBy="timestamp desc")] == ["3", "2", "1"]
    first = call(
        cloud, "logging.entries.list", "entries", {"resourceNames": [f"projects/{PROJECT}"], "pageSize": 2}
    )
    assert len(first["entries"]) == 2
    rest = _list(cloud, pageSize=2, pageToken=first["nextPageToken"])
    assert [e["textPayload"] for e in rest] == ["3"]


def test_the_same_insert_id_is_kept_once(cloud: Cloud) -> None:
    same = {"textPayload": "x", "insertId": "i", "timestamp": "2026-11-20T00:00:00Z"}
    _write(cloud, same, same)
    _write(cloud, same)
    assert len(_list(cloud)) == 1


@pytest.mark.parametrize(
    ("entry", "more", "words"),
    [
        ({"textPayload": "x"}, {"logName": "app"}, "not well formed"),
        ({"textPayload": "x"}, {"logName": f"projects/{PROJECT}/logs/a/b"}, "not well formed"),
        ({"textPayload": "x"}, {"resource": None}, "resource must have a type"),
        ({"textPayload": "x", "severity": "LOUD"}, {}, "DEFAULT, DEBUG"),
        ({"textPayload": "x", "jsonPayload": {}}, {}, "one payload"),
        ({"textPayload": "x", "timestamp": "2999-01-01T00:00:00Z"}, {}, "in the future"),
        ({"textPayload": "x", "timestamp": "now"}, {}, "is not a timestamp"),
        ({"textPayload": "x" * 300_000}, {}, "larger than"),
    ],
)
def test_bad_entries_are_refused_and_write_nothing(cloud: Cloud, entry: Json, more: Json, words: str) -> None:
    with pytest.raises(ApiError, match=words):
        _write(
            cloud,
            {"textPayload": "good", "logName": f"projects/{PROJECT}/logs/app", "resource": _RESOURCE},
            entry,
            **more,
        )
    assert _list(cloud) == []


def test_partial_success_writes_the_good_ones(cloud: Cloud) -> None:
    with pytest.raises(ApiError) as error:
        _write(
            cloud, {"textPayload": "good"}, {"textPayload": "bad", "severity": "LOUD"}, partialSuccess=True
        )
    assert list(error.value.details[0]["logEntryErrors"]) == ["1"]
    assert [e["textPayload"] for e in _list(cloud)] == ["good"]


def test_a_sink_copies_to_a_log_bucket(cloud: Cloud) -> None:
    _bucket(cloud)
    _sink(
        cloud,
        "errors",
        f"logging.googleapis.com/{_BUCKET}",
        filter="severity>=ERROR",
        exclusions=[{"name": "noise", "filter": "textPayload:noise"}],
    )
    _write(
        cloud,
        {"textPayload": "fine"},
        {"textPayload": "bad", "severity": "ERROR"},
        {"textPayload": "noise", "severity": "ERROR"},
    )
    assert [e["textPayload"] for e in _list(cloud, f"{_BUCKET}/views/_AllLogs")] == ["bad"]
    assert len(_list(cloud)) == 3


def test_two_sinks_of_one_project_write_where_each_was_let(cloud: Cloud) -> None:
    projects.create(cloud, "careplane-home")
    places = [
        f"projects/careplane-home/locations/{region}/buckets/audit"
        for region in ("europe-west3", "europe-west4")
    ]
    grants = []
    for number, name in enumerate(places):
        parent = name.rpartition("/buckets/")[0]
        call(
            cloud,
            "logging.projects.locations.buckets.create",
            f"{parent}/buckets",
            {},
            query={"bucketId": "audit"},
        )
        _sink(cloud, f"site-{number}", f"logging.googleapis.com/{name}")
        sink = cloud.store.get("logging", f"projects/{PROJECT}/sinks/site-{number}")
        assert sink is not None
        only = f'resource.name.endsWith("{name.split("/", 2)[-1]}")'
        condition = {"title": "this log bucket only", "expression": only}
        role = "roles/logging.bucketWriter"
        grants.append({"role": role, "members": [sink["writerIdentity"]], "condition": condition})
    assert grants[0]["members"] == grants[1]["members"]
    for allowed in (grants, grants[:1]):
        policy = {"bindings": allowed, "version": 3}
        cloud.store.set_policy(projects.API, "projects/careplane-home", policy)
        _write(cloud, {"textPayload": f"with {len(allowed)} grants"})
    assert [[e["textPayload"] for e in _list(cloud, name)] for name in places] == [
        ["with 2 grants", "with 1 grants"],
        ["with 2 grants"],
    ]


def test_a_sink_publishes_to_a_topic(cloud: Cloud) -> None:
    topic, subscription = f"projects/{PROJECT}/topics/logs", f"projects/{PROJECT}/subscriptions/logs"
    call(cloud, "pubsub.projects.topics.create", topic, {})
    call(cloud, "pubsub.projects.subscriptions.create", subscription, {"topic": topic})
    _sink(cloud, "out", f"pubsub.googleapis.com/{topic}")
    _write(cloud, {"textPayload": "not allowed yet"})
    writer = cloud.store.get("logging", f"projects/{PROJECT}/sinks/out")
    assert writer is not None
    bind(cloud, "pubsub", topic, "roles/pubsub.publisher", writer["writerIdentity"])
    _write(cloud, {"textPayload": "allowed"})
    pulled = call(cloud, "pubsub.projects.subscriptions.pull", subscription, {"maxMessages": 9})[
        "receivedMessages"
    ]
    assert len(pulled) == 1


def test_entries_end_with_their_buckets_retention(cloud: Cloud) -> None:
    _write(cloud, {"textPayload": "x"})
    keys.move_clock(cloud, 31 * 86400)
    assert _list(cloud) == []


def test_a_log_can_be_deleted_but_not_the_audit_log(cloud: Cloud) -> None:
    _write(cloud, {"textPayload": "x"})
    audit.record(cloud, make_call("pubsub.projects.topics.create", f"projects/{PROJECT}/topics/t"), 200)
    call(cloud, "logging.projects.logs.delete", f"projects/{PROJECT}/logs/app")
    with pytest.raises(ApiError, match="locked bucket"):
        call(
            cloud,
            "logging.projects.logs.delete",
            f"projects/{PROJECT}/logs/cloudaudit.googleapis.com/activity",
        )
    assert [e["protoPayload"]["methodName"] for e in _list(cloud)] == ["pubsub.projects.topics.create"]


def test_a_buckets_key_is_needed_to_read_it(cloud: Cloud) -> None:
    keys.make_key(cloud)
    key = f"{keys.RING}/cryptoKeys/key"
    bind(
        cloud,
        "cloudkms",
        key,
        "roles/cloudkms.cryptoKeyEncrypterDecrypter",
        "serviceAccount:cmek-p123456789012@gcp-sa-logging.iam.gserviceaccount.com",
    )
    _bucket(cloud, cmekSettings={"kmsKeyName": key})
    _sink(cloud, "all", f"logging.googleapis.com/{_BUCKET}")
    _write(cloud, {"textPayload": "x"})
    assert _list(cloud, _BUCKET)
    keys.set_state(cloud, "DISABLED")
    with pytest.raises(ApiError, match="is not enabled"):
        _list(cloud, _BUCKET)


class TestAudit:
    """What the audit log tells, and what it must not."""

    def test_who_did_what_with_which_outcome(self, cloud: Cloud) -> None:
        caller = Caller("serviceAccount:x@p.iam.gserviceaccount.com")
        made = make_call(
            "secretmanager.projects.secrets.addVersion",
            f"projects/{PROJECT}/secrets/s",
            {"payload": {"data": "c2VjcmV0"}},
            caller=caller,
        )
        audit.record(cloud, made, 403)
        payload = _list(cloud, filter='log_id("cloudaudit.googleapis.com/activity")')[0]["protoPayload"]
        assert payload["authenticationInfo"] == {"principalEmail": "x@p.iam.gserviceaccount.com"}
        assert payload["status"] == {"code": 403} and "c2VjcmV0" not in str(payload)

    @pytest.mark.parametrize(
        ("method", "name"),
        [
            ("pubsub.projects.topics.publish", "topics/t"),
            ("pubsub.projects.topics.get", "topics/t"),
            (
                "cloudkms.projects.locations.keyRings.cryptoKeys.encrypt",
                "locations/l/keyRings/r/cryptoKeys/k",
            ),
            ("secretmanager.projects.secrets.versions.access", "secrets/s/versions/1"),
            ("pubsub.projects.subscriptions.pull", "subscriptions/s"),
        ],
    )
    def test_data_access_is_not_recorded(self, cloud: Cloud, method: str, name: str) -> None:
        audit.record(cloud, make_call(method, f"projects/{PROJECT}/{name}"), 200)
        assert _list(cloud) == []


class TestIsolation:
    """From the side of an account that may read its own project only."""

    _STRANGER = Caller("serviceAccount:tenant-lakeside@careplane-cell.iam.gserviceaccount.com", PROJECT)

    @pytest.mark.parametrize(
        "name",
        [
            f"projects/{PROJECT}",
            f"projects/{PROJECT}/locations/global/buckets/_Default",
            "projects/123456789012",
            "organizations/111",
        ],
    )
    def test_reads_nothing(self, cloud: Cloud, name: str) -> None:
        _write(cloud, {"textPayload": "x"})
        answer = request(
            cloud, "logging", "POST", "/v2/entries:list", {"resourceNames": [name]}, self._STRANGER
        )
        assert answer.status == 403

    def test_writes_nothing(self, cloud: Cloud) -> None:
        body = {
            "logName": f"projects/{PROJECT}/logs/app",
            "resource": _RESOURCE,
            "entries": [{"textPayload": "x"}],
        }
        assert request(cloud, "logging", "POST", "/v2/entries:write", body, self._STRANGER).status == 403

    @pytest.mark.parametrize(
        "log",
        [
            "cloudaudit.googleapis.com%2Factivity",
            "cloudaudit.googleapis.com%2fdata_access",
            "CloudAudit.googleapis.com%2Fsystem_event",
            "externalaudit.googleapis.com%2Factivity",
        ],
    )
    def test_nobody_writes_googles_audit_logs(self, cloud: Cloud, log: str) -> None:
        with pytest.raises(ApiError, match="by Google's services alone") as refused:
            _write(cloud, {"textPayload": "forged", "logName": f"projects/{PROJECT}/logs/{log}"})
        assert refused.value.code == 403
        assert _list(cloud) == []

    def test_an_unknown_project_is_403(self, cloud: Cloud) -> None:
        body = {
            "logName": "projects/nowhere-1/logs/app",
            "resource": _RESOURCE,
            "entries": [{"textPayload": "x"}],
        }
        assert request(cloud, "logging", "POST", "/v2/entries:write", body).status == 403


def test_other_services_write_by_function(cloud: Cloud) -> None:
    logging_entries.write(
        cloud, PROJECT, "run.googleapis.com/stdout", {"textPayload": "hello", "severity": "INFO"}
    )
    found = _list(cloud, filter='log_id("run.googleapis.com/stdout")')
    assert found[0]["logName"].endswith("run.googleapis.com%2Fstdout") and found[0]["severity"] == "INFO"
