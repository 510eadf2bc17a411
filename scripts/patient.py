"""Put a patient into riverside and read the patient back; lakeside must refuse riverside's token."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PATIENT = {
    "resourceType": "Patient",
    "name": [{"family": "Prooftest", "given": ["Jane"]}],
    "birthDate": "1980-02-29",
}


def main(arguments: list[str]) -> int:
    token = run(sys.executable, "-m", "localcloud", "token", "--tenant", "riverside")
    fhir, other = (outputs(tenant)["fhirUrl"] for tenant in ("riverside", "lakeside"))
    if "--only-read" not in arguments:
        status, made = call("POST", f"{fhir}/Patient", token, PATIENT)
        require(status == 201, f"create answered {status}: {made}")
        status, read = call("GET", f"{fhir}/Patient/{made['id']}", token)
        require(status == 200 and PATIENT.items() <= read.items(), f"read answered {status}: {read}")
    status, found = call("GET", f"{fhir}/Patient?family=Prooftest", token)
    require(status == 200 and bool(found.get("entry")), f"search answered {status}: {found}")
    status, refused = call("GET", f"{other}/Patient?family=Prooftest", token)
    require(status == 401, f"lakeside answered riverside's token with {status}: {refused}")
    print(f"{len(found['entry'])} found at riverside, refused at lakeside")
    return 0


def run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def outputs(tenant: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        run("pulumi", "stack", "output", "--json", "--stack", f"local-tenant-{tenant}")
    )
    return answer


def call(verb: str, url: str, token: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with _OPENER.open(urllib.request.Request(url, data, headers, method=verb), timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def require(held: bool, why: str) -> None:
    if not held:
        raise SystemExit(why)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
