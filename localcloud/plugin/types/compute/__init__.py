"""Compute Engine: https://cloud.google.com/compute/docs/reference/rest/beta"""

from __future__ import annotations

from localcloud.plugin.types.compute import edge, network, shared

KINDS = (*network.KINDS, *edge.KINDS, *shared.KINDS)
