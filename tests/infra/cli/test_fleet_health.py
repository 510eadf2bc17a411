from __future__ import annotations

from infra.cli.fleet_health import check
from tests.infra.cli.answering import answering


def test_it_waits_until_the_endpoint_is_ready() -> None:
    asked: list[str] = []

    def answer(path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        asked.append(path)
        return (200 if len(asked) > 2 else 503), b"{}"

    with answering(answer) as url:
        assert check({"baseUrl": url}, seconds=10, pause=0.01) == ""
    assert asked == ["/ready"] * 3


def test_an_endpoint_that_stays_ill_is_told_with_its_answer() -> None:
    with answering(lambda path, headers: (503, b"")) as url:
        assert check({"baseUrl": url}, seconds=0.1, pause=0.02) == f"{url}/ready: answers 503"


def test_nobody_answers() -> None:
    assert "ConnectionError" in check({"baseUrl": "http://127.0.0.1:9"}, seconds=0.1, pause=0.02)


def test_a_stack_without_an_address() -> None:
    assert check({}) == "the stack has no output baseUrl"
