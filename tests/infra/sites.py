"""A site to declare components in."""

from __future__ import annotations

from infra.jurisdiction import jurisdiction
from infra.site import Site

SITE = Site("careplane-cell", "europe-west3", jurisdiction("eu"), labels={"tenant": "riverside"})
