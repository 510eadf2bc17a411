"""Cloud DNS: https://cloud.google.com/dns/docs/reference/rest/v1"""

from __future__ import annotations

from localcloud.plugin.types.dns import policy, zones

KINDS = (*zones.KINDS, *policy.KINDS)
