"""What is watched for a tenant: dead letters, service level, its endpoint from outside, a page of charts."""

from __future__ import annotations

from infra.config import TenantConfig
from infra.monitoring.channels import Channels, ChannelsArgs
from infra.monitoring.dashboard import Dashboard, DashboardArgs, service_charts, subscription_chart
from infra.monitoring.dead_letters import DeadLetterAlert, DeadLetterAlertArgs
from infra.monitoring.signals import run_signal
from infra.monitoring.slo import SloArgs, TenantSlo


def watch(config: TenantConfig) -> None:
    name = f"{config.tenant}{config.suffix}"
    project = config.project
    contacts = {f"{name}-{each.partition('@')[0]}": each for each in config.contacts}
    channels = Channels("channels", ChannelsArgs(project, contacts)).all
    collectors = ("dead-letters", "audit-dead-letters")
    for collector in collectors:
        DeadLetterAlert(collector, DeadLetterAlertArgs(project, f"{name}-{collector}", channels=channels))
    signal = run_signal(project, config.region, config.tenant)
    TenantSlo("slo", SloArgs(project, name, signal, channels=channels))
    charts = (*service_charts(signal), *(subscription_chart(f"{name}-{each}") for each in collectors))
    Dashboard("dashboard", DashboardArgs(project, f"Careplane {name}", charts))
    if config.domain and config.active:
        from infra.monitoring.uptime import UptimeArgs, UptimeCheck

        host = f"{config.tenant}.{config.domain}"
        UptimeCheck("uptime", UptimeArgs(project, f"{name} answers", host, channels=channels))
