from __future__ import annotations

from infra.monitoring.dead_letters import DeadLetterAlert, DeadLetterAlertArgs
from tests.infra.engine import declare


def test_one_message_is_enough() -> None:
    args = DeadLetterAlertArgs("p", "riverside-dead-letters")
    alert = declare(lambda: DeadLetterAlert("a", args) and None).one("AlertPolicy").inputs
    condition = alert["conditions"][0]["conditionThreshold"]
    assert condition["thresholdValue"] == 0
    assert '"riverside-dead-letters"' in condition["filter"]


def test_nobody_is_told_unless_channels_are_given() -> None:
    silent = declare(lambda: DeadLetterAlert("a", DeadLetterAlertArgs("p", "s")) and None).one("AlertPolicy")
    assert "notificationChannels" not in silent.inputs
    args = DeadLetterAlertArgs("p", "s", channels=("channel",))
    told = declare(lambda: DeadLetterAlert("a", args) and None).one("AlertPolicy")
    assert told.inputs["notificationChannels"] == ["channel"]
