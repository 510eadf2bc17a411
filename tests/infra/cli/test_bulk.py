"""The client of a bulk data export: tokens, waiting, answers that break off, sets that are compared."""

from __future__ import annotations

import json
import random

import pytest
import requests

from infra.cli.bulk import Bearer, Bulk, ExportFailed, Manifest, Marks, difference
from tests.infra.cli.answering import answering
from tests.infra.cli.test_offboard_export import Endpoint, endpoint, jwt, long, route

__all__ = ["endpoint"]


def test_a_file_that_keeps_breaking_off_is_refused(endpoint: Endpoint) -> None:
    endpoint.broken = 9
    endpoint.lines = [long(n) for n in range(6)]
    bulk = Bulk(endpoint.url, route(endpoint)._send, lambda seconds: None)
    (file,) = bulk.export().files
    with pytest.raises(ExportFailed, match=r"Observation: broke off after 2 resources"):
        list(bulk.lines(file))


def test_a_token_is_renewed_before_it_ends_and_never_earlier() -> None:
    now, given = [1000.0], []

    def give() -> str:
        given.append(jwt(now[0] + 300))
        return given[-1]

    bearer = Bearer(give, lambda: now[0])
    assert bearer.token() == bearer.token() == given[0]
    for time, number in ((1239, 1), (1240, 2), (1479, 2), (1480, 3)):
        now[0] = time
        bearer.token()
        assert len(given) == number, time
    opaque = Bearer(lambda: "ya29.a0", lambda: now[0])
    opaque.use("ya29.old")
    now[0] += 239
    assert opaque.token() == "ya29.old"
    now[0] += 1
    assert opaque.token() == "ya29.a0"


def test_the_server_says_how_long_to_wait_up_to_a_minute() -> None:
    given = iter([{"retry-after": "7"}, {"retry-after": "7200"}, {"retry-after": "soon"}, {}])
    waited: list[float] = []

    def answer(path: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        if path == "/$export":
            return 202, b"", {"content-location": f"{url}/job"}
        more = next(given, None)
        done = json.dumps({"transactionTime": "t", "output": []}).encode()
        return (200, done, {}) if more is None else (202, b"", more)

    with answering(answer) as url:
        bulk = Bulk(url, lambda to, headers, stream: requests.get(to, headers=headers), waited.append)
        assert bulk.export() == Manifest("t", ())
    assert waited == [7, 60, 2, 2]


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_status_that_is_refused_is_told(status: int) -> None:
    def answer(path: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        return (202, b"", {"content-location": f"{url}/job"}) if path == "/$export" else (status, b"{}", {})

    with answering(answer) as url:
        bulk = Bulk(url, lambda to, headers, stream: requests.get(to, headers=headers))
        with pytest.raises(ExportFailed, match=f"answered with {status}"):
            bulk.export()


def test_marks_are_the_same_for_the_same_set_only() -> None:
    things = [("Patient", f"p{n}", "1") for n in range(50)]
    sums = set()
    for _ in range(5):
        random.shuffle(things)
        seen = Marks()
        for each in things:
            seen.add(*each)
        sums.add(json.dumps(seen.told()))
    assert len(sums) == 1
    joined, apart = Marks(), Marks()
    joined.add("a", "b,c")
    apart.add("a,b", "c")
    assert joined.told() != apart.told()
    assert difference(None, None) == "" == difference(None, Marks().told())
    assert difference(None, joined.told()) == "0 were exported, 1 are there"
