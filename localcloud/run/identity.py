"""With whose identity a service or job runs, and whether the caller may give it that identity."""

from __future__ import annotations

from localcloud import projects
from localcloud.api import ApiError, Caller, Json
from localcloud.cloud import Cloud


def project_of(name: str) -> str:
    return name.split("/")[1]


def location_of(name: str) -> str:
    return name.split("/")[3]


def service_account(cloud: Cloud, name: str, template: Json) -> str:
    """The e-mail address; without one the Compute Engine default account, as on Google."""
    given = template.get("serviceAccount")
    return (
        str(given)
        if given
        else f"{projects.number(cloud, project_of(name))}-compute@developer.gserviceaccount.com"
    )


def workload(email: str, name: str) -> Caller:
    """Who a process of the service or job is when it calls an API."""
    return Caller(f"serviceAccount:{email}", project_of(name))


def check(cloud: Cloud, caller: Caller, name: str, template: Json) -> None:
    """The account exists and the caller may act as it."""
    email = template.get("serviceAccount")
    if not email:
        return
    project = email.partition("@")[2].partition(".")[0]
    account = f"projects/{project}/serviceAccounts/{email}"
    if cloud.store.get("iam", account) is None:
        raise ApiError(400, f"Service account {email} does not exist.", "FAILED_PRECONDITION")
    cloud.iam.require(caller, "iam.serviceAccounts.actAs", "iam", account)
