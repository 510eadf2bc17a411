"""How bad a vulnerability is, mildest first: https://cloud.google.com/artifact-analysis/docs/severity-levels."""

from __future__ import annotations

SEVERITIES = ("MINIMAL", "LOW", "MEDIUM", "HIGH", "CRITICAL")
