from __future__ import annotations

from infra.monitoring.dead_letters import DeadLetterAlert, DeadLetterAlertArgs
from tests.infra.engine import declare


def test_one_message_is_enough() -> None:
    args = DeadLetterAlertArgs("p", "riverside-dead-letters")
    alert = declare(lambda: DeadLetterAlert("a", args) and None).one("AlertPolicy").inputs
    condition = alert["conditions"][0]["conditionThreshold"]
    assert condition["thresholdValue"] == 0
    assert '"riverside-dead-letters"' in condition["filter"]
