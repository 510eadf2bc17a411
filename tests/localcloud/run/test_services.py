"""Services end to end: deployed through the API, reached through their address."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.localcloud.run.conftest import LOCATION, CloudRun


def eventually(check: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.1)
    return False


def test_a_service_answers_at_its_uri_with_the_environment_of_cloud_run(run: CloudRun) -> None:
    done = run.deploy("hello", run.template(env={"GREETING": "hi"}))
    service = done["response"]
    assert done["done"] and service["terminalCondition"]["state"] == "CONDITION_SUCCEEDED"
    assert service["generation"] == "1" and service["reconciling"] is False
    answer = run.get(service["uri"], "/a%2Fb?x=1").json()
    env = answer["env"]
    assert answer["path"] == "/a%2Fb?x=1"
    assert env["GREETING"] == "hi" and env["K_SERVICE"] == "hello"
    assert f"{LOCATION}/services/hello/revisions/{env['K_REVISION']}" == service["latestReadyRevision"]
    assert env["CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS"] == run.cloud.settings.url("cloudkms") + "/"
    assert not [key for key in env if key.startswith(("CAREPLANE_HOME", "CAREPLANE_PORT", "GOOGLE_"))]


def test_forwarding_keeps_the_host_and_says_where_the_request_came_from(run: CloudRun) -> None:
    uri = run.deploy("forward")["response"]["uri"]
    headers = run.get(uri, headers={"X-Forwarded-For": "10.0.0.1", "Host": "ehr.example"}).json()["headers"]
    assert headers["x-forwarded-for"] == "10.0.0.1, 127.0.0.1"
    assert headers["x-forwarded-proto"] == "http" and headers["host"] == "ehr.example"


def test_a_streamed_answer_arrives_whole(run: CloudRun) -> None:
    uri = run.deploy("stream")["response"]["uri"]
    assert run.get(uri, "/stream").text == "0\n1\n2\n"


def test_a_body_of_31_mib_passes_and_of_33_mib_is_refused(run: CloudRun) -> None:
    uri = run.deploy("bodies")["response"]["uri"]
    post = run.cloud.client.post
    assert post(uri, content=b"x" * (31 << 20)).json() == {"bytes": 31 << 20}
    assert post(uri, content=b"x" * (33 << 20)).status_code == 413
    chunks = (b"x" * (1 << 20) for _ in range(33))
    assert post(uri, content=chunks).status_code == 413
    assert post(uri, content=(b"x" * 1000 for _ in range(3))).json() == {"bytes": 3000}


def test_a_service_that_never_gets_ready_fails_with_its_log_and_leaves_nothing(run: CloudRun) -> None:
    done = run.deploy("broken", run.template("exit", "7"))
    assert "exit code 7" in done["error"]["message"] and "asked to fail" in done["error"]["message"]
    assert run.cloud.request("run", "GET", f"/v2/{LOCATION}/services/broken").status_code == 404


def entries(run: CloudRun, log: str, service: str) -> list[dict[str, Any]]:
    query = f'log_id("run.googleapis.com/{log}") AND resource.labels.service_name="{service}"'
    body = {"resourceNames": ["projects/careplane-cell"], "filter": query}
    return list(run.cloud.request("logging", "POST", "/v2/entries:list", body).json().get("entries", []))


def test_whose_output_it_is_no_line_can_say(run: CloudRun) -> None:
    line = {
        "message": "forged",
        "severity": "NOTICE",
        "time": "2026-11-20T00:00:00.000Z",
        "logging.googleapis.com/insertId": "once",
        "logging.googleapis.com/labels": {"tenant": "lakeside"},
        "logName": "projects/careplane-cell/logs/cloudaudit.googleapis.com%2Factivity",
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "lakeside"}},
    }
    run.deploy("lakeside")
    twice = f"{json.dumps(line)}\n{json.dumps(line)}"
    run.deploy("intruder", run.template("say", twice, "went wrong"))
    assert eventually(lambda: "forged" in str(entries(run, "stdout", "intruder")))
    (said,) = (each for each in entries(run, "stdout", "intruder") if "jsonPayload" in each)
    assert said["resource"]["labels"]["service_name"] == "intruder" and said["labels"]["tenant"] == "lakeside"
    assert (said["insertId"], said["severity"]) == ("once", "NOTICE")
    assert said["timestamp"].startswith("2026-11-20T00:00:00")
    assert said["jsonPayload"]["resource"]["labels"] == {"service_name": "lakeside"}
    assert [each["textPayload"] for each in entries(run, "stderr", "intruder")] == ["went wrong"]
    assert "forged" not in str(entries(run, "stdout", "lakeside"))


def test_what_cannot_be_an_entry_does_not_take_the_lines_beside_it_with_it(run: CloudRun) -> None:
    labels = {"logging.googleapis.com/labels": "x"}
    bad: tuple[dict[str, str], ...] = ({"severity": "LOUD"}, {"time": "never"}, labels)
    text = "\n".join(json.dumps(each) for each in (*bad, {"message": "good"}))
    run.deploy("noisy", run.template("say", text, ""))
    assert eventually(lambda: "good" in str(entries(run, "stdout", "noisy")))


def test_a_startup_probe_that_does_not_pass_in_time_fails_the_change_and_the_old_revision_serves(
    run: CloudRun,
) -> None:
    service = run.deploy("steady")["response"]
    probe = {"tcpSocket": {"port": 8080}, "periodSeconds": 1, "failureThreshold": 1}
    body = {"template": run.template("never", container={"startupProbe": probe})}
    done = run.call("PATCH", service["name"], body | {"invokerIamDisabled": True})
    assert "startup probe" in done["error"]["message"]
    after = run.call("GET", service["name"])
    assert after["latestReadyRevision"] == service["latestReadyRevision"]
    assert after["terminalCondition"]["state"] == "CONDITION_FAILED"
    assert run.get(service["uri"]).status_code == 200


def test_traffic_is_split_between_revisions_by_percent(run: CloudRun) -> None:
    first = run.deploy("split", run.template(env={"V": "1"}))["response"]
    old = first["latestReadyRevision"].rpartition("/")[2]
    traffic = [
        {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": old, "percent": 50},
        {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 50},
    ]
    body = {"template": run.template(env={"V": "2"}), "invokerIamDisabled": True, "traffic": traffic}
    run.call("PATCH", first["name"], body)
    seen = Counter(run.get(first["uri"]).json()["env"]["V"] for _ in range(60))
    assert set(seen) == {"1", "2"} and min(seen.values()) > 8


def test_a_crashed_process_is_started_again(run: CloudRun) -> None:
    template = run.template(scaling={"minInstanceCount": 1})
    uri = run.deploy("crash", template)["response"]["uri"]
    before = run.get(uri).json()["pid"]
    assert run.get(uri, "/crash").status_code == 503
    assert eventually(lambda: run.get(uri).status_code == 200)
    assert run.get(uri).json()["pid"] != before


def test_a_process_that_fails_its_liveness_probe_is_replaced(run: CloudRun, tmp_path: Path) -> None:
    probe = {"httpGet": {"path": "/health"}, "periodSeconds": 1, "failureThreshold": 1}
    sick = tmp_path / "sick"
    template = run.template(
        env={"SICK": str(sick)}, container={"livenessProbe": probe}, scaling={"minInstanceCount": 1}
    )
    uri = run.deploy("sick", template)["response"]["uri"]
    before = run.get(uri).json()["pid"]
    sick.touch()
    assert eventually(lambda: run.get(uri).status_code == 503)
    sick.unlink()
    assert eventually(lambda: run.get(uri).status_code == 200)
    assert run.get(uri).json()["pid"] != before


def test_a_deployed_service_without_minimum_was_started_once_and_rests(run: CloudRun, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    uri = run.deploy("resting", run.template("note", str(seen)))["response"]["uri"]
    (first,) = seen.read_text().split()
    assert eventually(lambda: not Path(f"/proc/{first}").exists())
    second = str(run.get(uri).json()["pid"])
    assert second != first and seen.read_text().split() == [first, second]


def test_a_deployment_without_health_check_starts_nothing_until_it_is_asked(
    run: CloudRun, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    template = run.template("note", str(seen), healthCheckDisabled=True)
    uri = run.deploy("trusted", template)["response"]["uri"]
    assert not seen.exists()
    assert str(run.get(uri).json()["pid"]) in seen.read_text()


def test_an_idle_service_scales_to_zero_and_comes_back_on_demand(fresh_run: CloudRun) -> None:
    run = fresh_run
    run.private("idle-seconds", b"0.5")
    uri = run.deploy("idle")["response"]["uri"]
    pid = run.get(uri).json()["pid"]
    assert eventually(lambda: not Path(f"/proc/{pid}").exists())
    assert run.get(uri).json()["pid"] != pid


def test_who_may_invoke_is_decided_by_iam(run: CloudRun) -> None:
    service = run.deploy("private", invokerIamDisabled=False)["response"]
    assert run.get(service["uri"]).status_code == 403
    caller = "serviceAccount:caller@careplane-cell.iam.gserviceaccount.com"
    token = {"Authorization": f"Bearer {run.cloud.token(caller, 'careplane-cell')}"}
    assert run.get(service["uri"], headers=token).status_code == 403
    assert run.get(service["uri"], headers={"Authorization": "Bearer nonsense"}).status_code == 401
    policy = {"policy": {"bindings": [{"role": "roles/run.invoker", "members": [caller]}]}}
    run.call("POST", f"{service['name']}:setIamPolicy", policy)
    assert run.get(service["uri"], headers=token).status_code == 200


def test_services_come_back_after_a_restart_and_nothing_is_orphaned_by_kill_9(fresh_run: CloudRun) -> None:
    run = fresh_run
    service = run.deploy("back", run.template(scaling={"minInstanceCount": 1}))["response"]
    pid = run.get(service["uri"]).json()["pid"]
    run.cloud.stop(signal.SIGKILL)
    run.cloud.start()
    assert eventually(lambda: not Path(f"/proc/{pid}").exists())
    assert eventually(lambda: run.get(service["uri"]).status_code == 200)
    last = run.get(service["uri"]).json()["pid"]
    run.cloud.stop()
    assert not Path(f"/proc/{last}").exists()


def test_a_cut_network_is_503_for_a_service_that_runs_on(run: CloudRun) -> None:
    service = run.deploy("cut")["response"]
    pid = run.get(service["uri"]).json()["pid"]
    fault = {"kind": "network-cut", "target": service["name"]}
    run.cloud.control("POST", "/faults", fault)
    assert run.get(service["uri"]).status_code == 503
    run.cloud.control("DELETE", "/faults", fault)
    assert run.get(service["uri"]).json()["pid"] == pid


def test_an_unknown_image_is_refused(run: CloudRun) -> None:
    body = {"template": {"containers": [{"image": "europe-west3-docker.pkg.dev/p/r/unknown:1"}]}}
    answer = run.cloud.request(
        "run", "POST", f"/v2/{LOCATION}/services", body, params={"serviceId": "unknown"}
    )
    assert answer.status_code == 400 and "ContainerMissing" in answer.text


def test_a_bad_service_id_is_refused(run: CloudRun) -> None:
    body = {"template": run.template()}
    answer = run.cloud.request(
        "run", "POST", f"/v2/{LOCATION}/services", body, params={"serviceId": "Bad_Name"}
    )
    assert answer.status_code == 400 and "serviceId" in answer.text


def test_the_proxy_closes_with_the_client_and_serves_the_next(run: CloudRun) -> None:
    uri = run.deploy("leave")["response"]["uri"]
    with httpx.Client(trust_env=False) as client, client.stream("GET", uri + "/stream") as answer:
        next(answer.iter_raw())
    assert run.get(uri).status_code == 200
