from __future__ import annotations

from infra.monitoring.signals import load_balancer_signal, run_signal


def test_cloud_run_counts_by_service_and_names_the_class_in_words() -> None:
    signal = run_signal("p", "europe-west3", "riverside")
    assert 'resource.labels.service_name="riverside"' in signal.total
    assert signal.failed == f'{signal.total} AND metric.labels.response_code_class="5xx"'
    assert signal.latency.startswith('metric.type="run.googleapis.com/request_latencies"')


def test_the_load_balancer_counts_by_backend_and_names_the_class_by_number() -> None:
    signal = load_balancer_signal("p", "tenants")
    assert 'resource.labels.backend_target_name="tenants"' in signal.total
    assert signal.failed.endswith("metric.labels.response_code_class=500")
    assert signal.latency.startswith('metric.type="loadbalancing.googleapis.com/https/total_latencies"')
