"""BigQuery: datasets and their encryption; no queries are run."""

from __future__ import annotations

from localcloud import generic, projects
from localcloud.agents import agent
from localcloud.api import ApiError, Call, Json, Reply, already_exists
from localcloud.cloud import Cloud
from localcloud.registry import behaviour

API = "bigquery"
_D = "bigquery.datasets"


@behaviour(f"{_D}.insert")
def create(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    reference = sent.get("datasetReference") or {}
    if not reference.get("datasetId"):
        raise ApiError(400, "datasetReference.datasetId: a dataset needs one.", reason="required")
    name = f"{call.name}/{reference['datasetId']}"
    key = (sent.get("defaultEncryptionConfiguration") or {}).get("kmsKeyName")
    if key:
        from localcloud.cmek import require_key

        number = projects.number(cloud, str(call.project))
        require_key(cloud, key, str(sent.get("location", "us")).lower(), agent("bigquery", number))
    if cloud.store.get(API, name) is not None:
        raise already_exists(name)
    moment = str(int(cloud.clock.now().timestamp() * 1000))
    body = {
        "access": [{"role": "OWNER", "specialGroup": "projectOwners"}],
        "location": "US",
        "type": "DEFAULT",
        **sent,
        "kind": "bigquery#dataset",
        "id": f"{call.project}:{reference['datasetId']}",
        "creationTime": moment,
        "lastModifiedTime": moment,
        "etag": generic.new_etag(),
        "selfLink": f"{call.base_url}/bigquery/v2/{name}",
        "datasetReference": {"projectId": call.project, **reference},
    }
    cloud.store.put(API, name, body)
    return body


@behaviour("bigquery.projects.getServiceAccount", permission="")
def service_account(cloud: Cloud, call: Call) -> Json:
    """Who encrypts with a key of ours."""
    project = projects.project_id(cloud, call.params["projectId"])
    cloud.iam.require(call.caller, "resourcemanager.projects.get", projects.API, f"projects/{project}")
    email = agent("bigquery", projects.number(cloud, project))
    return {"kind": "bigquery#getServiceAccountResponse", "email": email}


@behaviour(f"{_D}.list")
def list_(cloud: Cloud, call: Call) -> Json:
    keys = ("kind", "id", "datasetReference", "labels", "location")
    rows = cloud.store.list(API, call.parent, "datasets")
    return {
        "kind": "bigquery#datasetList",
        "datasets": [{k: row[k] for k in keys if k in row} for row in rows],
    }


@behaviour(f"{_D}.patch", f"{_D}.update")
def change(cloud: Cloud, call: Call) -> Json:
    old = generic.load(cloud, API, call.name)
    body = generic.change(cloud, call)
    body.pop("name", None)
    body |= {
        "lastModifiedTime": str(int(cloud.clock.now().timestamp() * 1000)),
        "location": old["location"],
        "creationTime": old["creationTime"],
        "datasetReference": old["datasetReference"],
    }
    cloud.store.put(API, call.name, body)
    return body


@behaviour(f"{_D}.delete")
def delete(cloud: Cloud, call: Call) -> Reply:
    generic.load(cloud, API, call.name)
    if cloud.store.list(API, call.name, "tables") and call.query.get("deleteContents") != "true":
        raise ApiError(400, f"Dataset {call.name} is still in use", reason="resourceInUse")
    cloud.store.delete(API, call.name)
    return Reply(None, 204)
