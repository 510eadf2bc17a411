"""Each workload is somebody: its metadata server, its tokens, its secrets."""

from __future__ import annotations

import base64
import json

from tests.localcloud.run.conftest import LOCATION, CloudRun

PROJECT = "careplane-cell"


def account(run: CloudRun, name: str) -> str:
    body = {"accountId": name, "serviceAccount": {"displayName": name}}
    run.cloud.request("iam", "POST", f"/v1/projects/{PROJECT}/serviceAccounts", body).raise_for_status()
    return f"{name}@{PROJECT}.iam.gserviceaccount.com"


def seen(run: CloudRun, uri: str, path: str) -> str:
    return str(run.get(uri, f"/metadata{path}").json()["answer"])


def metadata_address(run: CloudRun, uri: str) -> str:
    return f"http://{run.get(uri).json()['env']['GCE_METADATA_HOST']}"


def test_the_metadata_server_gives_a_token_of_the_services_own_account(run: CloudRun) -> None:
    email = account(run, "identity")
    uri = run.deploy("ident", run.template(serviceAccount=email))["response"]["uri"]
    base = "/instance/service-accounts/default"
    assert seen(run, uri, f"{base}/email") == email
    assert seen(run, uri, "/project/project-id") == PROJECT
    assert seen(run, uri, "/project/numeric-project-id") == "123456789012"
    assert seen(run, uri, "/instance/region") == "projects/123456789012/regions/europe-west3"
    token = json.loads(seen(run, uri, f"{base}/token"))
    assert token["token_type"] == "Bearer" and 3000 < token["expires_in"] <= 3600
    assert len(token["access_token"]) <= 100
    # The token stands for the account, which has no role: known (not 401), but refused.
    answer = run.cloud.request("run", "GET", f"/v2/{LOCATION}/services", token=token["access_token"])
    assert answer.status_code == 403


def test_a_request_without_the_header_or_through_a_proxy_is_refused(run: CloudRun) -> None:
    address = metadata_address(run, run.deploy("plain")["response"]["uri"])
    url = f"{address}/computeMetadata/v1/instance/service-accounts/default/token"
    assert run.cloud.client.get(url).status_code == 403
    good = {"Metadata-Flavor": "Google"}
    assert run.cloud.client.get(url, headers=good).status_code == 200
    assert run.cloud.client.get(url, headers=good | {"X-Forwarded-For": "1.1.1.1"}).status_code == 403
    assert run.cloud.client.get(f"{address}/computeMetadata/v1/nothing", headers=good).status_code == 404
    assert run.cloud.client.get(address, headers=good).headers["metadata-flavor"] == "Google"


def test_an_identity_token_for_its_audience_opens_another_service(run: CloudRun) -> None:
    email = account(run, "invoker")
    target = run.deploy("target", invokerIamDisabled=False)["response"]
    policy = {"policy": {"bindings": [{"role": "roles/run.invoker", "members": [f"serviceAccount:{email}"]}]}}
    run.call("POST", f"{target['name']}:setIamPolicy", policy)
    uri = run.deploy("caller", run.template(serviceAccount=email))["response"]["uri"]
    base = "/instance/service-accounts/default/identity?audience="
    good, wrong = seen(run, uri, base + target["uri"]), seen(run, uri, base + "http://elsewhere")
    assert run.get(target["uri"], headers={"Authorization": f"Bearer {good}"}).status_code == 200
    assert run.get(target["uri"], headers={"Authorization": f"Bearer {wrong}"}).status_code == 401


def test_an_account_that_does_not_exist_is_refused(run: CloudRun) -> None:
    body = {"template": run.template(serviceAccount=f"nobody@{PROJECT}.iam.gserviceaccount.com")}
    answer = run.cloud.request(
        "run", "POST", f"/v2/{LOCATION}/services", body, params={"serviceId": "nobody"}
    )
    assert answer.status_code == 400 and "does not exist" in answer.text


def test_a_secret_is_resolved_only_if_the_account_may_read_it(run: CloudRun) -> None:
    email, secret = account(run, "reader"), f"projects/{PROJECT}/secrets/run-secret"
    run.cloud.request(
        "secretmanager",
        "POST",
        f"/v1/projects/{PROJECT}/secrets",
        {"replication": {"automatic": {}}},
        params={"secretId": "run-secret"},
    ).raise_for_status()
    payload = {"payload": {"data": base64.b64encode(b"open sesame").decode()}}
    run.cloud.request("secretmanager", "POST", f"/v1/{secret}:addVersion", payload).raise_for_status()
    reference = {
        "name": "WORD",
        "valueSource": {"secretKeyRef": {"secret": "run-secret", "version": "latest"}},
    }
    template = run.template(serviceAccount=email, container={"env": [reference]})
    refused = run.deploy("secretive", template)
    assert "Secret" in refused["error"]["message"] and email in refused["error"]["message"]
    policy = {
        "policy": {
            "bindings": [
                {"role": "roles/secretmanager.secretAccessor", "members": [f"serviceAccount:{email}"]}
            ]
        }
    }
    run.cloud.request("secretmanager", "POST", f"/v1/{secret}:setIamPolicy", policy).raise_for_status()
    uri = run.deploy("secretive", template)["response"]["uri"]
    assert run.get(uri).json()["env"]["WORD"] == "open sesame"
