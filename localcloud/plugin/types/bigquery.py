"""BigQuery: https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets"""

from __future__ import annotations

import json
from typing import Any

from localcloud.plugin.crud import Behaviour, Refused
from localcloud.plugin.iam import IamKind, Member, member
from localcloud.plugin.kinds import Field, Json, Kind, always, local, moved


class Dataset(Behaviour):
    def insert(self, values: Json) -> Json:
        path = self.fill("projects/{project}/datasets", values)
        body = {**(self.body(values) or {}), "datasetReference": {"datasetId": values["datasetId"]}}
        return self.client.call(self.kind.api, "POST", path, body, {"accessPolicyVersion": "3"})

    def remove(self, values: Json) -> None:
        query = {"deleteContents": str(bool(values.get("deleteContentsOnDestroy"))).lower()}
        self.client.call(self.kind.api, "DELETE", self.fill(self.kind.path, values), query=query)


class Table(Behaviour):
    """The schema is one JSON text, and stays as the program wrote it while it says the same."""

    def body(self, values: Json) -> Json | None:
        reference = {"projectId": values["project"], **{k: values[k] for k in ("datasetId", "tableId")}}
        return {**(super().body(values) or {}), "tableReference": reference}

    def modify(self, values: Json, changed: set[str], olds: Json) -> None:
        if self.mask(changed):
            self.client.call(self.kind.api, "PUT", self.fill(self.kind.path, values), self.body(values))

    def outputs(self, answer: Json, values: Json) -> Json:
        outputs = super().outputs(answer, values)
        if _same_schema(values.get("schema"), outputs.get("schema")):
            outputs["schema"] = values["schema"]
        return outputs


def _fields(value: Any) -> Json | None:
    return {"fields": json.loads(value)} if value else None


def _schema_text(value: Any) -> str:
    return json.dumps((value or {}).get("fields"), separators=(",", ":")) if value else ""


def _same_schema(old: Any, new: Any) -> bool:
    """Modes that are not said are NULLABLE, and older type names have newer ones."""
    try:
        return _plain_fields(json.loads(old)) == _plain_fields(json.loads(new))
    except (TypeError, ValueError):
        return False


_TYPES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}


def _plain_fields(fields: list[Json]) -> list[Json]:
    return [
        {
            **{k: v for k, v in field.items() if v not in (None, "", [])},
            "mode": str(field.get("mode") or "NULLABLE").upper(),
            "type": _TYPES.get(str(field["type"]).upper(), str(field["type"]).upper()),
            **({"fields": _plain_fields(field["fields"])} if field.get("fields") else {}),
        }
        for field in fields
    ]


def _listed(value: Any) -> Any:
    """At most one to the program, a list to Google."""
    return [value] if value else None


def _text(value: Any) -> Any:
    return str(value) if value else None


class DatasetMember(Member):
    """A dataset's access list is its policy: https://cloud.google.com/bigquery/docs/control-access-to-resources-iam"""

    def policy(self, values: Json) -> Json:
        dataset = self.client.call(self.kind.api, "GET", self.fill(self.kind.address, values))
        return {"bindings": _to_bindings(dataset.get("access") or [])}

    def change(self, values: Json, edit: Any) -> None:
        if values.get("condition"):
            raise Refused(f"{self.kind.token}: a dataset's access list knows no conditions")
        address = self.fill(self.kind.address, values)
        with self.client.locks[f"{self.kind.api} {address}"]:
            policy = self.policy(values)
            before = json.dumps(policy["bindings"], sort_keys=True)
            edit(policy)
            if json.dumps(policy["bindings"], sort_keys=True) == before:
                return
            access = [
                {"role": binding["role"], **_access(who)}
                for binding in policy["bindings"]
                for who in binding["members"]
            ]
            self.client.call(self.kind.api, "PATCH", address, {"access": access})


_LEGACY = {
    "OWNER": "roles/bigquery.dataOwner",
    "WRITER": "roles/bigquery.dataEditor",
    "READER": "roles/bigquery.dataViewer",
}
_KEYS = {
    "group": "groupByEmail",
    "domain": "domain",
    "user": "userByEmail",
    "serviceAccount": "userByEmail",
    "iamMember": "iamMember",
}


def _to_bindings(access: list[Json]) -> list[Json]:
    bindings: dict[str, Json] = {}
    for entry in access:
        if "role" in entry:  # views and routines have none, and are left alone by members
            role = str(_LEGACY.get(entry["role"], entry["role"]))
            bindings.setdefault(role, {"role": role, "members": []})["members"].append(_member_of(entry))
    return list(bindings.values())


def _member_of(entry: Json) -> str:
    if "userByEmail" in entry:
        kind = "serviceAccount" if "gserviceaccount" in entry["userByEmail"] else "user"
        return f"{kind}:{entry['userByEmail']}"
    for kind in ("group", "domain", "iamMember"):
        if _KEYS[kind] in entry:
            return f"{kind}:{entry[_KEYS[kind]]}"
    return str(entry.get("specialGroup", ""))


def _access(who: str) -> Json:
    kind, _, name = who.partition(":")
    if not name:
        return {"specialGroup": who}
    if kind not in _KEYS:
        raise Refused(f"member {who!r} is not allowed on a dataset; allowed: {', '.join(_KEYS)}")
    return {_KEYS[kind]: name}


def _dataset_member() -> Kind:
    path = "projects/{project}/datasets/{datasetId|base}"
    kind = member("gcp:bigquery/datasetIamMember:DatasetIamMember", "bigQuery", path)
    return IamKind(**{**kind.__dict__, "behaviour": DatasetMember})


_LARGE = ("expirationTime", "materializedView.refreshIntervalMs", "timePartitioning.expirationMs")
_NEVER_SENT = ("deletionProtection", "ignoreSchemaChanges", "ignoreAutoGeneratedSchema", "tableMetadataView")

KINDS = (
    _dataset_member(),
    Kind(
        token="gcp:bigquery/table:Table",
        api="bigQuery",
        path="projects/{project}/datasets/{datasetId}/tables/{tableId}",
        behaviour=Table,
        protection="deletionProtection",
        autoname=False,
        update_verb="PUT",
        mask=False,
        defaults={"deletionProtection": True},
        fields={
            **{name: local() for name in _NEVER_SENT},
            "deletionProtection": local(True),
            "clusterings": moved("clustering.fields"),
            "schema": Field(encode=_fields, decode=_schema_text),
            "generatedSchemaColumns": local(""),
            "schemaForeignTypeInfo": moved("schema.foreignTypeInfo"),
            "externalDataConfiguration.schema": Field(encode=_fields, decode=_schema_text),
            "tableConstraints.foreignKeys.columnReferences": Field(encode=_listed),
            **{
                f"tableReplicationInfo.source{name}Id": moved(f"sourceTable.{name.lower()}Id")
                for name in ("Project", "Dataset", "Table")
            },
            "encryptionConfiguration.kmsKeyVersion": Field(wire=None),
            "view.useLegacySql": always(False),
            **{name: Field(encode=_text) for name in _LARGE},
            **{f"rangePartitioning.range.{name}": Field(encode=str) for name in ("start", "end", "interval")},
        },
        replace=frozenset(
            {
                "encryptionConfiguration.kmsKeyName",
                "rangePartitioning",
                "timePartitioning.field",
                "timePartitioning.type",
                "tableReplicationInfo",
                "materializedView.query",
                "materializedView.allowNonIncrementalDefinition",
            }
        ),
        computed=frozenset({"schema", "expirationTime", "maxStaleness", "tableConstraints"}),
        equal={"schema": _same_schema},
    ),
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
