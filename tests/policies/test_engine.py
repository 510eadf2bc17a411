"""The rules as the engine runs them: pulumi-policy's own proxies, sentinels and messages."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from pulumi_policy import proxy

from policies.case import one
from policies.engine_values import bare, plain, settings, stack_of
from policies.levels import Level
from policies.resource import SECRET, UNKNOWN
from policies.result import Verdict
from policies.rule import RULES, Rule
from policies.waivers import Waiver, Waivers
from tests.policies.analyzer import EU, Analyzer

TOPIC = "gcp:pubsub/topic:Topic"
KEY = "projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k"
UNSET = proxy.UNKNOWN_STRING_VALUE


def test_failure_is_reported_with_its_control() -> None:
    said = Analyzer().resource(TOPIC, {"name": "t"})["topic-cmek"]
    assert "kmsKeyName is absent" in said
    assert "164.312(a)(2)(iv)" in said


def test_unknown_value_stops_nothing_and_is_named() -> None:
    assert "topic-cmek" not in Analyzer().resource(TOPIC, {"kmsKeyName": UNSET})
    said = Analyzer().stack((TOPIC, {"kmsKeyName": UNSET}), (TOPIC, {"kmsKeyName": UNSET}))
    (unproven,) = [message for level, message in said if "topic-cmek: unproven" in message]
    assert "r0, r1" in unproven
    assert all(level == "ADVISORY" for level, message in said if "unproven" in message)


def test_other_types_are_left_alone() -> None:
    assert "topic-cmek" not in Analyzer().resource("gcp:storage/bucket:Bucket", {})


def test_rules_over_the_stack_stop_what_they_find() -> None:
    said = Analyzer().stack((TOPIC, {"name": "t", "kmsKeyName": KEY}))
    (failed,) = [message for level, message in said if level == "MANDATORY" and "topic-schema" in message]
    assert "schemaSettings.schema is absent" in failed


def test_a_rule_over_the_stack_follows_what_a_value_was_made_from() -> None:
    dead = {"name": "dead", "id": "projects/p/topics/dead"}
    subscription = (
        "gcp:pubsub/subscription:Subscription",
        {"deadLetterPolicy": {"deadLetterTopic": dead["id"]}},
    )
    said = Analyzer().stack((TOPIC, dead), subscription)
    assert not [message for _, message in said if "topic-schema" in message]


def test_advisory_by_profile_warns_and_goes_on() -> None:
    analyzer = Analyzer(levels={EU.profile: {"topic-cmek": Level.ADVISORY}})
    assert "topic-cmek" not in analyzer.resource(TOPIC, {})
    said = [(level, message) for level, message in analyzer.stack((TOPIC, {})) if "topic-cmek" in message]
    assert [level for level, _ in said] == ["ADVISORY"]
    assert "failed, advisory here" in said[0][1]


def test_a_waived_failure_is_told_not_stopped() -> None:
    until = date.today() + timedelta(days=30)
    waiver = Waiver("topic-cmek", "r*", "Ada", "moving", "none", "OPS-1", until)
    analyzer = Analyzer(Waivers((waiver,)))
    assert "topic-cmek" not in analyzer.resource(TOPIC, {})
    assert any("topic-cmek: waived: Ada" in message for _, message in analyzer.stack((TOPIC, {})))


def test_nested_unknowns_and_secrets_are_found() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "x"}
    given = {"a": [{"b": proxy.UNKNOWN_OBJECT_VALUE}], "e": {}, "s": secret}
    wrapped = proxy.unknown_checking_proxy(given)
    assert plain(wrapped) == {"a": [{"b": UNKNOWN}], "e": {}, "s": SECRET}
    assert bare(wrapped) == given


def test_settings_are_the_stacks_own_configuration(tmp_path: Path) -> None:
    given = {"PULUMI_CONFIG": '{"careplane:profile": "saas", "gcp:project": "p"}'}
    assert settings("any", given) == {"profile": "saas"}
    (tmp_path / "Pulumi.one.yaml").write_text("config:\n  careplane:jurisdiction: de\n  gcp:project: p\n")
    assert settings("one", {}, tmp_path) == {"jurisdiction": "de"}
    assert settings("other", {}, tmp_path) == {}


def test_stack_is_read_from_the_urn() -> None:
    assert stack_of("urn:pulumi:local-cell::careplane::gcp:kms/keyRing:KeyRing::cell") == "local-cell"


BUCKET = "gcp:storage/bucket:Bucket"


def test_a_remedy_sends_what_passes_where_the_profile_wants_it() -> None:
    given = {"name": "documents", "labels": {"a": UNSET}}
    wanted = {EU.profile: {"uniform-bucket-access": Level.REMEDIATE}}
    mended = Analyzer(levels=wanted).remedy(BUCKET, given)
    assert mended == {**given, "uniformBucketLevelAccess": True}
    assert "uniform-bucket-access" not in Analyzer(levels=wanted).resource(BUCKET, mended)
    assert Analyzer(levels=wanted).remedy(BUCKET, mended) == {}, "what passes is left alone"
    assert Analyzer().remedy(BUCKET, given) == {}, "by default a failure stops the update"


@pytest.mark.parametrize("rule", [r for r in RULES.values() if r.mend], ids=lambda rule: rule.id)
def test_every_remedy_mends_its_rules_failing_input(rule: Rule) -> None:
    failing = rule.fails.resources[0]
    mended = Analyzer(levels={EU.profile: {rule.id: Level.REMEDIATE}}).remedy(
        failing.type, failing.properties
    )
    stack = one(failing.type, mended).build()
    assert rule.finding(stack.resources[0], stack).verdict is Verdict.PASSED
