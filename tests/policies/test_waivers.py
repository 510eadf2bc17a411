"""A waiver counts only while somebody answers for it, and only for what it is for."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from policies import clock, waivers
from policies.errors import ClockError, WaiverError
from policies.result import Finding, Verdict
from policies.waivers import MOST, SCHEMA, Waivers

TODAY = date(2026, 11, 21)
GOOD: dict[str, Any] = {
    "rule": "topic-cmek",
    "resource": "legacy-*",
    "owner": "ops@example.org",
    "reason": "moved in March",
    "compensating_control": "carries no patient data",
    "ticket": "OPS-7",
    "expires": date(2027, 3, 31),
}


def failed(name: str = "legacy-events", stack: str = "us-cell", rule: str = "topic-cmek") -> Finding:
    return Finding(rule, f"urn:{stack}:{name}", name, Verdict.FAILED, "kmsKeyName is absent", stack=stack)


def write(tmp_path: Path, *entries: object) -> Path:
    path = tmp_path / "waivers.yaml"
    path.write_text("\n".join(yaml.safe_dump([entry]) for entry in entries))
    return path


def load(tmp_path: Path, *entries: object) -> Waivers:
    return waivers.load(write(tmp_path, *entries), TODAY)


def test_waived_is_neither_failed_nor_passed(tmp_path: Path) -> None:
    finding = load(tmp_path, GOOD).apply(failed())
    assert finding.verdict is Verdict.WAIVED
    assert "ops@example.org until 2027-03-31" in finding.waiver


@pytest.mark.parametrize("other", [failed("events"), failed(rule="sql-cmek")])
def test_other_resources_and_rules_still_fail(tmp_path: Path, other: Finding) -> None:
    assert load(tmp_path, GOOD).apply(other) is other


def test_a_waiver_for_one_stack_leaves_the_others_failing(tmp_path: Path) -> None:
    loaded = load(tmp_path, {**GOOD, "stack": "us-*"})
    assert loaded.apply(failed()).verdict is Verdict.WAIVED
    assert loaded.apply(failed(stack="eu-cell")).verdict is Verdict.FAILED


def test_what_is_unproven_is_not_waived(tmp_path: Path) -> None:
    unknown = failed()._replace(verdict=Verdict.UNPROVEN)
    assert load(tmp_path, GOOD).apply(unknown) is unknown


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expires": date(2026, 11, 20)}, "expires"),
        ({"expires": date(2027, 11, 22)}, "expires"),
        ({"expires": "soon"}, "expires"),
        ({"expires": "2027-02-30"}, "expires"),
        ({"expires": "2027-3-1"}, "expires"),
        ({"expires": "31.03.2027"}, "expires"),
        ({"expires": 20270331}, "expires"),
        ({"expires": datetime(2027, 3, 31, 12)}, "expires"),
        ({"expires": None}, "expires"),
        ({"owner": ""}, "owner"),
        ({"owner": "  "}, "owner"),
        ({"owner": "TBD"}, "owner"),
        ({"owner": "me"}, "owner"),
        ({"owner": None}, "owner"),
        ({"owner": ["a", "b"]}, "owner"),
        ({"reason": "because"}, "reason"),
        ({"compensating_control": "none"}, "compensating_control"),
        ({"ticket": ""}, "ticket"),
        ({"resource": "*"}, "resource"),
        ({"resource": "**"}, "resource"),
        ({"resource": "?*"}, "resource"),
        ({"resource": "*a*"}, "resource"),
        ({"resource": "*-*"}, "resource"),
        ({"resource": "[a-z]*"}, "resource"),
        ({"resource": "[!x]*ev*"}, "resource"),
        ({"stack": "*"}, "stack"),
        ({"rule": "nonsense"}, "rule"),
        ({"rule": "topik-cmek"}, "rule"),
        ({"extra": "x"}, "extra"),
    ],
)
def test_bad_waiver_names_file_entry_and_field(tmp_path: Path, change: dict[str, Any], field: str) -> None:
    with pytest.raises(WaiverError, match=f"waivers.yaml: waiver #2: {field}: ") as caught:
        load(tmp_path, GOOD, {**GOOD, **change})
    assert (caught.value.entry, caught.value.field) == ("#2", field)


@pytest.mark.parametrize("field", sorted(GOOD))
def test_each_field_is_needed(tmp_path: Path, field: str) -> None:
    with pytest.raises(
        WaiverError, match=f"waiver #1: {field}: is missing; every waiver names rule, resource"
    ):
        load(tmp_path, {key: value for key, value in GOOD.items() if key != field})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule: x", "waivers.yaml: file: .* is not a list of waivers"),
        ("- a", "waiver #1: entry: 'a' is not a mapping"),
        ("- {", "file: is no YAML"),
        ("- &a [x]\n- [*a, *a]", "file: is no YAML .*anchors and aliases are not allowed"),
        ("[" * 20_000, "file: is no YAML .*nested too deep"),
        ("- !!int x", "file: is no YAML"),
        ("- !!timestamp x", "file: is no YAML"),
        ("- !!bool x", "file: is no YAML"),
        ("- {1: 2, a: b}", "waiver #1: 1: is not a field|waiver #1: rule: is missing"),
        ("- {? [a] : b}", "file: is no YAML"),
        ("- {rule: a, rule: b}", "rule is given twice"),
        ("- !!python/object:os.system {}", "file: is no YAML"),
    ],
)
def test_what_is_no_list_of_waivers_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text(text)
    with pytest.raises(WaiverError, match=said):
        waivers.load(file, TODAY)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(WaiverError, match="is no text"):
        waivers.load(file, TODAY)


def test_the_nearest_rule_is_named(tmp_path: Path) -> None:
    with pytest.raises(WaiverError, match="'topik-cmek' is no rule; nearest: topic-cmek"):
        load(tmp_path, {**GOOD, "rule": "topik-cmek"})


@pytest.mark.parametrize("last", [date(2026, 11, 21), date(2027, 11, 21)])
def test_the_last_day_counts_and_a_year_is_allowed(tmp_path: Path, last: date) -> None:
    assert load(tmp_path, {**GOOD, "expires": last}).entries[0].expires == last


def test_a_year_from_29_february_ends_on_1_march(tmp_path: Path) -> None:
    file = write(tmp_path, {**GOOD, "expires": date(2029, 3, 1)})
    assert waivers.load(file, date(2028, 2, 29)).entries


def test_a_whole_name_is_never_broad(tmp_path: Path) -> None:
    assert load(tmp_path, {**GOOD, "resource": "sql"}).entries[0].resource == "sql"


def test_unused_where_its_stack_was_judged(tmp_path: Path) -> None:
    loaded = load(tmp_path, {**GOOD, "stack": "us-*"})
    passed = failed("legacy-one")._replace(verdict=Verdict.PASSED)
    (error,) = loaded.unused([passed])
    assert "waiver #1: resource: 'legacy-*' excuses nothing of topic-cmek in us-cell; delete it" in str(error)
    assert loaded.unused([passed._replace(stack="eu-cell")]) == ()
    assert loaded.unused([]) == ()


@pytest.mark.parametrize(
    "seen", [failed("events"), failed("legacy-one")._replace(verdict=Verdict.NOT_APPLICABLE)]
)
def test_a_pattern_of_stacks_may_be_for_another(tmp_path: Path, seen: Finding) -> None:
    assert load(tmp_path, {**GOOD, "stack": "us-*"}).unused([seen]) == ()
    assert len(load(tmp_path, {**GOOD, "stack": "us-cell"}).unused([seen])) == 1


def test_without_a_stack_it_has_to_be_used_in_every_report(tmp_path: Path) -> None:
    (error,) = load(tmp_path, GOOD).unused([failed("events", "eu-cell")])
    assert "or name the stacks that it is for with `stack`" in str(error)


@pytest.mark.parametrize("verdict", [Verdict.WAIVED, Verdict.UNPROVEN])
def test_used_or_perhaps_needed_is_not_unused(tmp_path: Path, verdict: Verdict) -> None:
    assert load(tmp_path, GOOD).unused([failed()._replace(verdict=verdict)]) == ()


def test_a_second_waiver_for_the_same_is_unused(tmp_path: Path) -> None:
    loaded = load(tmp_path, GOOD, {**GOOD, "ticket": "OPS-8"})
    (error,) = loaded.unused([loaded.apply(failed())])
    assert error.entry == "#2"


@pytest.mark.parametrize(("count", "broad"), [(MOST, 0), (MOST + 1, 1)])
def test_too_many_resources_are_no_exception(tmp_path: Path, count: int, broad: int) -> None:
    loaded = load(tmp_path, GOOD)
    found = [loaded.apply(failed(f"legacy-{n}")) for n in range(count)]
    problems = loaded.problems(found)
    assert len(problems) == broad
    assert all("excuses 11 resources of a stack; at most 10" in str(problem) for problem in problems)


def test_one_resource_of_each_of_many_stacks_is_one_exception(tmp_path: Path) -> None:
    loaded = load(tmp_path, GOOD)
    found = [loaded.apply(failed("legacy-1", f"t{n}-cell")) for n in range(MOST + 1)]
    assert loaded.problems(found) == ()


def test_a_clock_that_runs_behind_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(ClockError, match="the clock says 2020-01-01"):
        waivers.load(write(tmp_path, GOOD))


def test_committed_waivers_are_in_force_and_fit_the_schema() -> None:
    waivers.load()
    given = yaml.load(waivers.DEFAULT_FILE.read_text(), yaml.BaseLoader)
    jsonschema.validate(given or [], json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize(
    ("pattern", "covered", "not_covered"),
    [
        ("google_pubsub_topic.b[0]", "google_pubsub_topic.b[0]", "google_pubsub_topic.b0"),
        ("google_topic.b[*]", "google_topic.b[7]", "google_topic.b7"),
        ("legacy-[ab]-*", "legacy-[ab]-x", "legacy-a-x"),
        ("legacy-?", "legacy-1", "legacy-12"),
        ("legacy.*", "legacy.x", "legacy-x"),
        ("*legacy*events", "old-legacy-events-events", "old-legacy-events-1"),
        ("legacy", "legacy", "Legacy"),
        ("legacy-*", "legacy-a\nb", "legacy"),
    ],
)
def test_only_stars_and_question_marks_vary(
    tmp_path: Path, pattern: str, covered: str, not_covered: str
) -> None:
    loaded = load(tmp_path, {**GOOD, "resource": pattern})
    assert loaded.apply(failed(covered)).verdict is Verdict.WAIVED
    assert loaded.apply(failed(not_covered)).verdict is Verdict.FAILED


def test_no_pattern_takes_long(tmp_path: Path) -> None:
    loaded = load(tmp_path, {**GOOD, "resource": "legacy" + "*a" * 30 + "b"})
    assert loaded.apply(failed("legacy" + "a" * 2_000)).verdict is Verdict.FAILED


def test_a_pipe_is_no_file_of_waivers(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "waivers.yaml")
    with pytest.raises(OSError, match="is no regular file"):
        waivers.load(tmp_path / "waivers.yaml", TODAY)
