"""Names of Healthcare resources, and who acts for the service."""

from __future__ import annotations

from localcloud.agents import agent
from localcloud.api import Caller, Json, not_found
from localcloud.cloud import Cloud
from localcloud.projects import number

API = "healthcare"


def dataset_of(name: str) -> str:
    """`projects/p/locations/l/datasets/d` of anything inside it."""
    return "/".join(name.split("/")[:6])


def store_of(name: str) -> str:
    """`…/datasets/d/fhirStores/s` of anything inside it."""
    return "/".join(name.split("/")[:8])


def location_of(name: str) -> str:
    return name.split("/")[3]


def service_agent(cloud: Cloud, name: str) -> Caller:
    """The Healthcare service agent of the project that the resource is in."""
    project = name.split("/")[1]
    return Caller(f"serviceAccount:{agent(API, number(cloud, project))}", project)


def load(cloud: Cloud, name: str) -> Json:
    body = cloud.store.get(API, name)
    if body is None:
        raise not_found(name)
    return body
