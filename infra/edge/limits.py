"""How many requests a tenant's host takes, and from whom.

https://cloud.google.com/armor/docs/rate-limiting-overview
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pulumi_gcp import compute

from infra.errors import ConfigError

INTERVALS = (10, 30, 60, 120, 180, 240, 270, 300, 600, 900, 1200, 1800, 2700, 3600)
"""Seconds that Cloud Armor counts over."""


@dataclass(frozen=True)
class RateLimit:
    """`requests` in `interval_seconds` (1,200 a minute), beyond which the answer is 429.

    `client`: counted for each address at each host; who sends `ban_requests` (6,000) is banned for
    `ban_seconds` (600). One client's flood bans neither another client nor another tenant.
    `tenant`: counted for the whole host; never a ban, which would let one client shut a hospital out.
    """

    requests: int = 1200
    interval_seconds: int = 60
    ban_requests: int = 6000
    ban_seconds: int = 600
    per: Literal["client", "tenant"] = "client"

    def __post_init__(self) -> None:
        for key in ("requests", "ban_requests", "ban_seconds"):
            if getattr(self, key) <= 0:
                raise ConfigError(f"rate_limit.{key}", getattr(self, key), "1 or more")
        if self.interval_seconds not in INTERVALS:
            raise ConfigError(
                "rate_limit.interval_seconds",
                self.interval_seconds,
                ", ".join(str(each) for each in INTERVALS),
            )
        if self.per not in ("client", "tenant"):
            raise ConfigError("rate_limit.per", self.per, ("client", "tenant"))
        if self.ban_requests < self.requests:
            raise ConfigError(
                "rate_limit.ban_requests", self.ban_requests, f"{self.requests} (requests) or more"
            )

    @property
    def action(self) -> str:
        return "rate_based_ban" if self.per == "client" else "throttle"

    @property
    def options(self) -> compute.SecurityPolicyRuleRateLimitOptionsArgsDict:
        host: compute.SecurityPolicyRuleRateLimitOptionsEnforceOnKeyConfigArgsDict = {
            "enforce_on_key_type": "HTTP_HEADER",
            "enforce_on_key_name": "host",
        }
        common: compute.SecurityPolicyRuleRateLimitOptionsArgsDict = {
            "conform_action": "allow",
            "exceed_action": "deny(429)",
            "rate_limit_threshold": {"count": self.requests, "interval_sec": self.interval_seconds},
        }
        if self.per == "tenant":
            return {**common, "enforce_on_key_configs": [host]}
        return {
            **common,
            "enforce_on_key_configs": [host, {"enforce_on_key_type": "IP"}],
            "ban_duration_sec": self.ban_seconds,
            "ban_threshold": {"count": self.ban_requests, "interval_sec": self.interval_seconds},
        }
