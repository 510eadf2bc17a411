from __future__ import annotations

import json

import pytest

from infra.errors import ConfigError
from infra.monitoring.dashboard import Dashboard, DashboardArgs, service_charts, subscription_chart
from infra.monitoring.signals import run_signal
from tests.infra.engine import declare

CHARTS = (*service_charts(run_signal("p", "europe-west3", "riverside")), subscription_chart("riverside-fhir"))
ARGS = DashboardArgs("p", "riverside", CHARTS)


def test_two_charts_a_row_in_their_order() -> None:
    text = declare(lambda: Dashboard("d", ARGS) and None).one("Dashboard").inputs["dashboardJson"]
    tiles = json.loads(text)["mosaicLayout"]["tiles"]
    assert [tile["widget"]["title"] for tile in tiles] == [chart.title for chart in CHARTS]
    places = [(tile.get("xPos", 0), tile.get("yPos", 0)) for tile in tiles]
    assert places == [(0, 0), (24, 0), (0, 16), (24, 16), (0, 32)]


def test_the_text_is_the_same_each_time_with_sorted_keys() -> None:
    again = DashboardArgs("p", "riverside", CHARTS).text()
    assert ARGS.text() == again == json.dumps(json.loads(again), sort_keys=True)


def test_a_chart_asks_for_its_own_filter() -> None:
    (data,) = CHARTS[-1].widget()["xyChart"]["dataSets"]
    wanted = data["timeSeriesQuery"]["timeSeriesFilter"]
    assert 'resource.labels.subscription_id="riverside-fhir"' in wanted["filter"]
    assert wanted["aggregation"]["perSeriesAligner"] == "ALIGN_MAX"


def test_nothing_is_sent_that_google_would_drop() -> None:
    assert '": 0' not in ARGS.text() and '": []' not in ARGS.text()


def test_an_empty_dashboard_is_refused() -> None:
    with pytest.raises(ConfigError, match="one chart or more"):
        DashboardArgs("p", "riverside", ())
