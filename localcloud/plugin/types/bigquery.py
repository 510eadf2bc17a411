"""BigQuery: https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets"""

from __future__ import annotations

from localcloud.plugin.crud import Behaviour
from localcloud.plugin.kinds import Json, Kind, local, moved


class Dataset(Behaviour):
    def insert(self, values: Json) -> Json:
        path = self.fill("projects/{project}/datasets", values)
        body = {**(self.body(values) or {}), "datasetReference": {"datasetId": values["datasetId"]}}
        return self.client.call(self.kind.api, "POST", path, body, {"accessPolicyVersion": "3"})

    def remove(self, values: Json) -> None:
        query = {"deleteContents": str(bool(values.get("deleteContentsOnDestroy"))).lower()}
        self.client.call(self.kind.api, "DELETE", self.fill(self.kind.path, values), query=query)


KINDS = (
    Kind(
        token="gcp:bigquery/dataset:Dataset",
        api="bigQuery",
        path="projects/{project}/datasets/{datasetId}",
        read_query={"accessPolicyVersion": "3"},
        behaviour=Dataset,
        update_verb="PUT",
        mask=False,
        fields={
            "deleteContentsOnDestroy": local(False),
            "accesses": moved("access"),
        },
        replace=frozenset({"location"}),
        computed=frozenset({"accesses"}),
    ),
)
