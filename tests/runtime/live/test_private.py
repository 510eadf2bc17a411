"""Profile `private` as Cloud Run runs it: no Healthcare API, resources and audit trail in Cloud SQL."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from joserfc.jwk import ECKey

from runtime.settings import US_SSN
from tests.localcloud import running
from tests.runtime.live.place import PROJECT, Place
from tests.runtime.live.test_tenant import await_ready, eventually, metric, runtimes
from tests.runtime.world import SSN, patient


@dataclass
class PrivatePlace(Place):
    audit_host: str = ""

    def environment(self) -> dict[str, str]:
        told = {key: value for key, value in super().environment().items() if not key.endswith("_STORE")}
        return {
            **told,
            "CAREPLANE_PROFILE": "private",
            "CAREPLANE_FHIR_TOPIC": f"projects/{PROJECT}/topics/{self.tenant}-fhir",
            "CAREPLANE_AUDIT_DATABASE": f"{self.tenant}-audit",
            "CAREPLANE_AUDIT_DATABASE_HOST": self.audit_host,
        }

    def database(self) -> dict[str, str]:
        return {**super().database(), "CAREPLANE_PROFILE": "private"}

    def stores(self) -> None:
        topic = f"projects/{PROJECT}/topics/{self.tenant}-fhir"
        self.grant("pubsub", topic, ("roles/pubsub.publisher", self.member))

    def sql(self) -> None:
        super().sql()
        self.audit_host = self.instance("audit")
        self.add_database("audit", f"{self.tenant}-audit")
        self.database_user("audit")

    def workloads(self) -> None:
        audit = {
            **self.database(),
            "CAREPLANE_DATABASE": f"{self.tenant}-audit",
            "CAREPLANE_DATABASE_HOST": self.audit_host,
            "CAREPLANE_ADMIN_USER": f"sql-admin@{PROJECT}.iam",
            "CAREPLANE_DATABASE_RIGHTS": "append",
        }
        self.job("audit-grants", ["grants"], audit, f"sql-admin@{PROJECT}.iam.gserviceaccount.com")
        super().workloads()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePlace]:
    cloud = running.start(tmp_path_factory.mktemp("private"))
    try:
        place = PrivatePlace(cloud, "riverside", ECKey.generate_key("P-256", {"kid": "k1"}))
        place.make()
        yield place
    finally:
        cloud.close()


def test_a_patient_goes_in_sealed_and_comes_out_equal(place: PrivatePlace) -> None:
    with place.client() as http:
        made = http.post("/fhir/Patient", json=patient())
        assert made.status_code == 201, made.text
        assert made.headers["location"].startswith(f"{place.base_url}/fhir/Patient/")
        identity = made.json()["id"]
        found = http.get("/fhir/Patient", params={"identifier": f"{US_SSN}|{SSN}"}).json()
        assert [entry["resource"]["id"] for entry in found["entry"]] == [identity]
        assert found["entry"][0]["resource"]["identifier"] == patient()["identifier"]
        assert found["entry"][0]["fullUrl"] == f"{place.base_url}/fhir/Patient/{identity}"
        assert http.get("/fhir/metadata").json()["implementation"]["url"] == f"{place.base_url}/fhir"


def test_every_access_reaches_the_audit_database(place: PrivatePlace) -> None:
    with place.client() as http:
        http.get("/fhir/Patient/none")
    eventually(lambda: metric(place, "careplane_audit_records_written_total") > 0)


def trail(place: PrivatePlace, tenant: str) -> psycopg.Connection[tuple[str, ...]]:
    """Riverside's audit database, opened as a tenant's runtime opens its own."""
    account = f"tenant-{tenant}@{PROJECT}.iam"
    return psycopg.connect(
        host=place.audit_host,
        dbname=f"{place.tenant}-audit",
        user=account,
        password=place.cloud.token(f"serviceAccount:{account}.gserviceaccount.com", PROJECT),
        sslmode="require",
        options="-csearch_path=fhir",
        connect_timeout=10,
    )


def events(place: PrivatePlace) -> int:
    with trail(place, place.tenant) as connection:
        row = connection.execute("SELECT count(*) FROM resource WHERE type = 'AuditEvent'").fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize(
    "statement",
    ["UPDATE resource SET body = ''", "DELETE FROM resource", "TRUNCATE resource", "DROP TABLE resource"],
)
def test_the_runtimes_own_account_changes_no_audit_event(place: PrivatePlace, statement: str) -> None:
    with place.client() as http:
        http.get("/fhir/Patient/none")
    eventually(lambda: events(place))
    with trail(place, place.tenant) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)  # type: ignore[call-overload]
    assert events(place)


def test_another_tenants_account_does_not_reach_the_audit_database(place: PrivatePlace) -> None:
    name = f"tenant-lakeside@{PROJECT}"
    accounts = f"/v1/projects/{PROJECT}/serviceAccounts"
    place.call("iam", "POST", accounts, {"accountId": "tenant-lakeside"})
    user = {"name": f"{name}.iam", "type": "CLOUD_IAM_SERVICE_ACCOUNT"}
    place.call("sqladmin", "POST", f"/sql/v1beta4/projects/{PROJECT}/instances/audit/users", user)
    policy = place.call("cloudresourcemanager", "POST", f"/v1/projects/{PROJECT}:getIamPolicy", {})
    member = f"serviceAccount:{name}.iam.gserviceaccount.com"
    policy["bindings"].append({"role": "roles/cloudsql.instanceUser", "members": [member]})
    path = f"/v1/projects/{PROJECT}:setIamPolicy"
    place.call("cloudresourcemanager", "POST", path, {"policy": policy})
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        trail(place, "lakeside")


def test_changes_are_told_and_counted(place: PrivatePlace) -> None:
    name = 'careplane_fhir_events_total{action="CreateResource",resource_type="Patient"}'
    before = metric(place, name)
    with place.client() as http:
        assert http.post("/fhir/Patient", json=patient()).status_code == 201
    eventually(lambda: metric(place, name) > before)


def test_killed_runtime_comes_back_with_what_it_acknowledged(place: PrivatePlace) -> None:
    with place.client() as http:
        identity = http.post("/fhir/Patient", json=patient()).json()["id"]
    for pid in runtimes(place):
        os.kill(pid, signal.SIGKILL)
    await_ready(place)
    with place.client() as http:
        again = eventually(lambda: (a := http.get(f"/fhir/Patient/{identity}")).status_code == 200 and a)
        assert again.json()["name"] == patient()["name"]


def test_nothing_was_made_in_the_healthcare_api(place: PrivatePlace) -> None:
    path = f"/v1/projects/{PROJECT}/locations/europe-west3/datasets"
    assert json.loads(place.cloud.request("healthcare", "GET", path).text).get("datasets", []) == []
