"""Cloud SQL: https://cloud.google.com/sql/docs/postgres/admin-api/rest"""

from __future__ import annotations

from localcloud.plugin.types.sql import contents, instance

KINDS = (*instance.KINDS, *contents.KINDS)
