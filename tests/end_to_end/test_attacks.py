"""A malicious tenant and an outsider, against a whole place; `test_isolation.py` has the plain refusals."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import psycopg
import pytest

from localcloud.ports import APIS
from tests.end_to_end.place import Place
from tests.end_to_end.test_isolation import identity, login
from tests.end_to_end.trespass import let_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SSN = "http://hl7.org/fhir/sid/us-ssn"
OFFSET = {api.name: api.offset for api in APIS}
CELL = "careplane-cell"


@pytest.fixture(scope="module")
def tenants(place: Place) -> dict[str, dict[str, Any]]:
    return {name: place.outputs(f"local-tenant-{name}") for name in ("riverside", "lakeside")}


@pytest.fixture(scope="module")
def http(place: Place, tenants: dict[str, dict[str, Any]]) -> Iterator[Callable[..., httpx.Response]]:
    """Calls lakeside's runtime as one of its own clients; the token is renewed before it expires."""
    held: dict[str, Any] = {"until": 0.0}
    with httpx.Client(timeout=60, trust_env=False) as client:

        def call(verb: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
            if held["until"] < time.monotonic():
                held.update(token=place.token("lakeside"), until=time.monotonic() + 200)
            content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            found = {"Authorization": f"Bearer {held['token']}", "Content-Type": "application/fhir+json"}
            url = tenants["lakeside"]["fhirUrl"] + path
            return client.request(verb, url, content=content, headers={**found, **headers})

        yield call


def raw(url: str, target: str, token: str) -> bytes:
    """A request line as it is written, which no client would send."""
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    answer = b""
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(head.encode())
        while part := connection.recv(65536):
            answer += part
    return answer


def test_no_path_leaves_the_tenants_own_store(place: Place, tenants: dict[str, dict[str, Any]]) -> None:
    foreign, token = tenants["riverside"]["fhirStore"], place.token("lakeside")
    for target in (
        f"/fhir/../../../{foreign}/fhir/Patient",
        f"/fhir/..%2f..%2f..%2f{foreign.replace('/', '%2f')}%2ffhir%2fPatient",
        "/fhir/%2e%2e/%2e%2e/ehr/fhir/Patient",
        "/fhir/Patient/..%2f..%2f..",
        "/fhir/Patient/%2e%2e",
        "/fhir/Patient%252f..%252fx",
        "/fhir/Patient/x%00y",
        "/fhir/\\..\\x",
        "/metrics/../fhir/Patient",
    ):
        status = raw(tenants["lakeside"]["baseUrl"], target, token).split(b" ", 2)[1]
        assert status in (b"400", b"404"), (target, status)


@pytest.mark.parametrize(
    "reference", ["{fhirUrl}/Patient", "https://healthcare.googleapis.com/v1/{fhirStore}/fhir/Patient"]
)
@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_a_bundle_reaches_no_other_store(
    http: Callable[..., httpx.Response], tenants: dict[str, dict[str, Any]], reference: str, kind: str
) -> None:
    url = reference.format(**tenants["riverside"])
    entry = {"request": {"method": "GET", "url": url}}
    assert http("POST", "", {"resourceType": "Bundle", "type": kind, "entry": [entry]}).status_code == 422


def test_another_host_header_changes_neither_issuer_nor_audience(
    place: Place, http: Callable[..., httpx.Response], tenants: dict[str, dict[str, Any]]
) -> None:
    riverside, lakeside = tenants["riverside"], tenants["lakeside"]
    told = {"Host": riverside["baseUrl"].removeprefix("http://"), "X-Forwarded-Host": "evil.example"}
    found = httpx.get(f"{lakeside['baseUrl']}/.well-known/smart-configuration", headers=told, timeout=30)
    assert found.json()["issuer"] == lakeside["baseUrl"]
    told["Authorization"] = f"Bearer {place.token('riverside')}"
    assert httpx.get(f"{lakeside['fhirUrl']}/Patient", headers=told, timeout=30).status_code == 401


def test_a_costly_search_is_refused_at_once(http: Callable[..., httpx.Response]) -> None:
    began = time.monotonic()
    for query in ("&".join(["name=a"] * 499), "_sort=" + ",".join(["birthdate"] * 1700)):
        answer = http("GET", f"/Patient?{query}")
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "too-costly")
    assert time.monotonic() - began < 20


def test_no_spelling_leaves_a_social_security_number_in_clear(
    place: Place, http: Callable[..., httpx.Response], tenants: dict[str, dict[str, Any]]
) -> None:
    numbers = (f"987-65-{serial}" for serial in range(4000, 5000))
    held: list[dict[str, Any]] = [
        {"system": system, "value": next(numbers)}
        for system in (SSN, f"{SSN}/", f" {SSN}", SSN.replace("http:", "https:"), SSN.upper(), f"{SSN}|1")
    ]
    table = "http://terminology.hl7.org/CodeSystem/v2-0203"
    held += [
        {"system": "urn:oid:2.16.840.1.113883.4.1", "value": next(numbers)},
        {"type": {"coding": [{"system": table, "code": "SS"}]}, "value": next(numbers)},
        {"system": SSN, "value": [next(numbers)]},
        {"system": SSN, "_value": {"extension": [{"url": "x", "valueString": next(numbers)}]}},
    ]
    for each in held:
        answer = http("POST", "/Patient", {"resourceType": "Patient", "identifier": [each]})
        assert answer.status_code in (201, 422), answer.text
    escaped = (
        json.dumps({"system": SSN, "value": next(numbers)}).replace("/", "\\/").replace("http", "\\u0068ttp")
    )
    body = f'{{"resourceType":"Patient","identifier":[{escaped}]}}'.encode()
    assert http("POST", "/Patient", body).status_code == 201
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    for before in ("Patient?", "/Patient?", tenants["lakeside"]["fhirUrl"] + "/Patient?"):
        text = f"{before}identifier={SSN}|{next(numbers)}"
        http("POST", "/Observation", {**observation, "subject": {"reference": text}})
    for name in ("{}", "name:{}", "_has:Observation:{}:code"):
        http("GET", "/Patient?" + urlencode({name.format(next(numbers)): "x"}))
    for value in (f"{SSN}|{next(numbers)}", next(numbers), f"|{next(numbers)}", f"{SSN}|{next(numbers)}|x"):
        http("GET", "/Patient?" + urlencode({"identifier": value}))
    time.sleep(6)
    told = http("GET", "/Patient?_count=1000").text
    assert "987-65-4000" in told, "its own client reads it"
    assert_nowhere(place, tenants["lakeside"], re.compile(r"987-?65-?4\d{3}"))


def assert_nowhere(place: Place, tenant: dict[str, Any], pattern: re.Pattern[str]) -> None:
    """In what the store, the audit store, the log, the metrics and the local cloud's files hold."""
    found = {
        store: place.google("GET", OFFSET["healthcare"], f"/v1/{tenant[store]}/fhir/{kind}?_count=1000").text
        for store, kind in (("fhirStore", "Patient"), ("auditStore", "AuditEvent"))
    }
    found["references"] = place.google(
        "GET", OFFSET["healthcare"], f"/v1/{tenant['fhirStore']}/fhir/Observation?_count=1000"
    ).text
    query = {"resourceNames": [f"projects/{tenant['project']}"], "pageSize": 1000}
    found["log"] = place.google("POST", OFFSET["logging"], "/v2/entries:list", query).text
    found["metrics"] = httpx.get(tenant["baseUrl"] + "/metrics", timeout=30).text
    home = place.root / ".careplane" / "localcloud"
    for path in (*home.rglob("*.log"), *home.glob("state.sqlite3*")):
        found[path.name] = path.read_bytes().decode("utf-8", "replace")
    for where, text in found.items():
        assert pattern.search(text) is None, where


ESCALATIONS = [
    ("sqladmin", "POST", "/sql/v1beta4/projects/{project}/instances/{sqlInstance}/users", {"name": "evil"}),
    (
        "sqladmin",
        "POST",
        "/sql/v1beta4/projects/{project}/instances/{sqlInstance}/clone",
        {"cloneContext": {}},
    ),
    ("sqladmin", "GET", "/sql/v1beta4/projects/{project}/instances", None),
    ("run", "POST", "/v2/projects/{project}/locations/europe-west3/jobs/{tenant}-admin:run", {}),
    ("run", "POST", "/v2/projects/{project}/locations/europe-west3/jobs/{tenant}-grants:run", {}),
    ("run", "GET", "/v2/projects/{project}/locations/europe-west3/services", None),
    ("iam", "POST", "/v1/projects/{project}/serviceAccounts/{serviceAccount}:setIamPolicy", {"policy": {}}),
    ("iam", "POST", "/v1/projects/{project}/serviceAccounts/{serviceAccount}/keys", {}),
    ("cloudresourcemanager", "POST", "/v1/projects/{project}:setIamPolicy", {"policy": {}}),
    ("cloudresourcemanager", "POST", "/v3/organizations/111:setIamPolicy", {"policy": {}}),
    ("secretmanager", "POST", "/v1/{secret}:setIamPolicy", {"policy": {}}),
    ("cloudkms", "POST", "/v1/{keys[fields]}:setIamPolicy", {"policy": {}}),
    ("cloudkms", "POST", "/v1/{keys[fields]}/cryptoKeyVersions/1:destroy", {}),
    ("logging", "POST", "/v2/entries:list", {"resourceNames": ["projects/{project}"]}),
    ("logging", "POST", "/v2/entries:list", {"resourceNames": ["organizations/111"]}),
    ("pubsub", "DELETE", "/v1/projects/{project}/subscriptions/{tenant}-audit-runtime", None),
    ("healthcare", "DELETE", "/v1/{auditStore}/fhir/AuditEvent/x", None),
    ("healthcare", "DELETE", "/v1/{auditStore}", None),
    ("healthcare", "POST", "/v1/{fhirStore}:export", {"gcsDestination": {"uriPrefix": "gs://{bucket}/x"}}),
    ("healthcare", "PATCH", "/v1/{fhirStore}?updateMask=notificationConfigs", {"notificationConfigs": []}),
]


@pytest.mark.parametrize(("api", "verb", "path", "body"), ESCALATIONS)
@pytest.mark.parametrize("whose", ["riverside", "lakeside"])
def test_a_tenants_account_escalates_neither_at_home_nor_abroad(
    place: Place, tenants: dict[str, dict[str, Any]], whose: str, api: str, verb: str, path: str, body: Any
) -> None:
    token, target = identity(place, tenants["riverside"]), tenants[whose]
    given = json.loads(re.sub(r"\{(\w+)\}", lambda m: str(target[m[1]]), json.dumps(body)))
    answer = place.google(verb, OFFSET[api], path.format(**target), given, token)
    assert answer.status_code == 403, f"{answer.status_code} {answer.text[:300]}"


@pytest.mark.parametrize(("who", "whose"), [("riverside", "lakeside"), ("lakeside", "riverside")])
def test_no_tenant_reaches_or_forges_the_others_trail(
    place: Place, tenants: dict[str, dict[str, Any]], who: str, whose: str
) -> None:
    assert let_in(place, tenants[whose], place.outputs("local-cell"), tenants[who]) == []


@pytest.mark.parametrize("whose", ["riverside", "lakeside"])
def test_a_tenants_account_rewrites_not_even_its_own_trail(
    place: Place, tenants: dict[str, dict[str, Any]], whose: str
) -> None:
    trail, token = tenants[whose]["auditStore"], identity(place, tenants[whose])
    path = f"/v1/{trail}/fhir/AuditEvent?_count=1"
    event = place.google("GET", OFFSET["healthcare"], path).json()["entry"][0]["resource"]
    path = f"/v1/{trail}/fhir/AuditEvent/{event['id']}"
    for verb, body in (("PUT", event), ("PATCH", []), ("DELETE", None)):
        answer = place.google(verb, OFFSET["healthcare"], path, body, token)
        assert answer.status_code == 403, f"{verb}: {answer.status_code} {answer.text[:300]}"
    assert place.google("GET", OFFSET["healthcare"], path).json() == event


@pytest.mark.parametrize("method", ["generateAccessToken", "generateIdToken", "signBlob", "signJwt"])
@pytest.mark.parametrize("account", ["{serviceAccount}", f"sql-admin@{CELL}.iam.gserviceaccount.com"])
def test_no_token_of_another_account(
    place: Place, tenants: dict[str, dict[str, Any]], method: str, account: str
) -> None:
    name = account.format(**tenants["lakeside"])
    body = {
        "generateAccessToken": {"scope": ["x"]},
        "generateIdToken": {"audience": "x"},
        "signBlob": {"payload": "eA=="},
        "signJwt": {"payload": "{}"},
    }[method]
    path = f"/v1/projects/-/serviceAccounts/{name}:{method}"
    token = identity(place, tenants["riverside"])
    assert place.google("POST", OFFSET["iamcredentials"], path, body, token).status_code == 403


@pytest.mark.parametrize(
    "path", ["/status", "/tokens", "/reset", "/shutdown", "/resources", "/faults", "/images"]
)
def test_the_control_api_is_the_operators(
    place: Place, tenants: dict[str, dict[str, Any]], path: str
) -> None:
    for verb in ("GET", "POST"):
        assert httpx.request(verb, place.api(60) + path, json={}).status_code == 401
        token = identity(place, tenants["riverside"])
        assert place.google(verb, 60, path, {}, token).status_code == 403


FORBIDDEN = [
    "SET ROLE cloudsqlsuperuser",
    "SET ROLE cloudsqladmin",
    "SET SESSION AUTHORIZATION postgres",
    "GRANT cloudsqlsuperuser TO CURRENT_USER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "CREATE ROLE evil",
    "CREATE DATABASE evil",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "COPY (SELECT 1) TO '/tmp/evil'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('/proc/self/environ')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT rolpassword FROM pg_authid",
    "ALTER SYSTEM SET archive_command = 'id'",
    "SELECT pg_reload_conf()",
    "CREATE EXTENSION dblink",
    "CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1' PUBLICATION p",
    "CREATE TABLESPACE t LOCATION '/tmp'",
    "CREATE TABLE public.evil (a int)",
]


def test_a_tenants_database_role_does_nothing_beyond_its_schema(
    place: Place, tenants: dict[str, dict[str, Any]]
) -> None:
    lakeside = tenants["lakeside"]
    with login(place, lakeside, lakeside) as connection:
        connection.autocommit = True
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.Error):
                connection.execute(statement)  # type: ignore[call-overload]
        connection.execute(
            "GRANT CONNECT ON DATABASE lakeside TO PUBLIC"
        )  # a warning, and nothing is granted
        acl = connection.execute("SELECT datacl::text FROM pg_database WHERE datname = 'lakeside'").fetchone()
        assert acl is not None and "{=" not in acl[0] and ",=" not in acl[0]
        query = "SELECT query FROM pg_stat_activity WHERE usename <> current_user AND query NOT LIKE '<%'"
        assert [row for (row,) in connection.execute(query).fetchall() if row] == []
    for shared in ("postgres", "template1", "template0", "cloudsqladmin"):
        with pytest.raises(psycopg.OperationalError):
            login(place, lakeside, {**lakeside, "database": shared})


def descendants(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from descendants(int(child))


@pytest.fixture
def processes(place: Place) -> list[int]:
    if not Path("/proc/self/task").exists():
        pytest.skip("this system has no /proc")
    return list(descendants(int(place.google("GET", 60, "/status").json()["pid"])))


def test_nothing_listens_beyond_loopback(processes: list[int]) -> None:
    ours = set()
    for pid in processes:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            try:
                ours.add(os.readlink(entry))
            except OSError:
                continue
    listening = 0
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if f"socket:[{fields[9]}]" in ours and fields[3] in ("0A", "07"):
                listening += 1
                assert fields[1].split(":")[0][-2:] == "7F", f"{table} {fields[1]}"
    assert listening > 30


def test_no_secret_in_a_command_line_or_environment(place: Place, processes: list[int]) -> None:
    token = place.environ["GOOGLE_OAUTH_ACCESS_TOKEN"].encode()
    for pid in processes[1:]:
        seen = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        assert token not in seen and b"PRIVATE KEY" not in seen and b"ya29." not in seen, pid


def test_what_holds_secrets_or_records_is_its_owners_alone(place: Place) -> None:
    home = place.root / ".careplane"
    cloud = home / "localcloud"
    private = [cloud / "operator-token", *cloud.glob("state.sqlite3*"), *home.glob("clients/*/key.pem")]
    private += [*cloud.rglob("*.key"), *cloud.glob("run/*.log")]
    assert len(private) > 5
    for path in private:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o066, path
    for folder in (cloud / "run", *cloud.glob("postgres/[!.]*"), *cloud.glob("postgres/.s/*")):
        assert not stat.S_IMODE(folder.stat().st_mode) & 0o066, folder


def test_no_secret_in_the_state_of_a_stack(place: Place) -> None:
    known = [place.environ["GOOGLE_OAUTH_ACCESS_TOKEN"], "ya29.", "PRIVATE KEY"]
    for path in (place.root / ".careplane" / "state").rglob("*.json*"):
        text = path.read_text()
        assert not [each for each in known if each in text], path


def test_a_token_nested_too_deeply_is_only_invalid(tenants: dict[str, dict[str, Any]]) -> None:
    token = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 6000).rstrip(b"=").decode() + ".e30.x"
    answer = httpx.get(
        f"{tenants['lakeside']['fhirUrl']}/Patient", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    assert answer.status_code == 401
