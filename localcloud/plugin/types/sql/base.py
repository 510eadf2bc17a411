"""What instances and their contents share: https://cloud.google.com/sql/docs/postgres/admin-api/rest"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Json


class Sql(Behaviour):
    def operation(self, name: str, answer: Json, values: Json) -> str:
        return self.fill(f"projects/{{project}}/operations/{name}", values)
