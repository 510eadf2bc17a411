"""An adapter to declare components with."""

from __future__ import annotations

from infra.edge.adapter import AdapterArgs
from tests.infra.sites import SITE

IMAGE = f"europe-west3-docker.pkg.dev/careplane-cell/careplane/mllp@sha256:{'a' * 64}"
ADAPTER = AdapterArgs(SITE, IMAGE, "key", "mllp")
