"""The server over HTTP: who may come in, what is refused, what survives."""

from __future__ import annotations

import signal

import httpx
import pytest

from tests.localcloud.running import RunningCloud

NETWORKS = "/compute/beta/projects/careplane-cell/global/networks"
RINGS = "/v1/projects/careplane-cell/locations/europe-west3/keyRings"
OUTSIDER = "serviceAccount:outsider@careplane-cell.iam.gserviceaccount.com"


def error(answer: httpx.Response) -> dict[str, object]:
    return dict(answer.json()["error"])


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nobody"}, {"authorization": "Basic eDp5"}])
def test_a_call_without_a_live_token_is_401(localcloud: RunningCloud, headers: dict[str, str]) -> None:
    answer = localcloud.client.get(localcloud.settings.url("compute") + NETWORKS, headers=headers)
    assert answer.status_code == 401
    assert error(answer)["status"] == "UNAUTHENTICATED"


def test_an_expired_token_is_401(localcloud: RunningCloud) -> None:
    token = localcloud.control("POST", "/tokens", {"member": OUTSIDER, "seconds": 0})["token"]
    assert localcloud.request("compute", "GET", NETWORKS, token=token).status_code == 401


def test_a_member_without_a_role_is_403_with_the_permission_named(localcloud: RunningCloud) -> None:
    answer = localcloud.request("compute", "GET", NETWORKS, token=localcloud.token(OUTSIDER))
    assert answer.status_code == 403
    assert "compute.networks.list" in str(error(answer)["message"])


def test_an_unknown_method_is_501(localcloud: RunningCloud) -> None:
    answer = localcloud.request("compute", "GET", "/compute/beta/projects/careplane-cell/global/nothings")
    assert (answer.status_code, error(answer)["status"]) == (501, "UNIMPLEMENTED")


def test_a_missing_resource_is_404_in_googles_shape(localcloud: RunningCloud) -> None:
    answer = localcloud.request("compute", "GET", f"{NETWORKS}/missing")
    assert answer.status_code == 404
    assert error(answer)["errors"][0]["reason"] == "notFound"  # type: ignore[index]


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'"text"', b'{"autoCreateSubnetworks": "maybe"}', b'{"mtu": {}}', b"\xff"]
)
def test_a_malformed_body_is_400(localcloud: RunningCloud, content: bytes) -> None:
    answer = localcloud.request("compute", "POST", NETWORKS, content=content)
    assert (answer.status_code, error(answer)["status"]) == (400, "INVALID_ARGUMENT")


def test_a_wrong_type_deep_inside_is_named(localcloud: RunningCloud) -> None:
    body = {"name": "x", "routingConfig": {"routingMode": 7}}
    assert "routingConfig.routingMode" in str(
        error(localcloud.request("compute", "POST", NETWORKS, body))["message"]
    )


def test_an_unknown_project_is_403(localcloud: RunningCloud) -> None:
    path = "/v1/projects/never-made/locations/europe-west3/keyRings"
    assert localcloud.request("cloudkms", "GET", path).status_code == 403


def test_a_stale_fingerprint_is_412(localcloud: RunningCloud) -> None:
    localcloud.request("compute", "POST", NETWORKS, {"name": "printed"}).raise_for_status()
    answer = localcloud.request(
        "compute", "PATCH", f"{NETWORKS}/printed", {"fingerprint": "b2xk", "mtu": 1500}
    )
    assert (answer.status_code, error(answer)["errors"][0]["reason"]) == (412, "conditionNotMet")  # type: ignore[index]


def test_the_project_number_addresses_the_same_resource(localcloud: RunningCloud) -> None:
    localcloud.request("cloudkms", "POST", RINGS, {}, params={"keyRingId": "numbered"}).raise_for_status()
    answer = localcloud.request(
        "cloudkms", "GET", "/v1/projects/123456789012/locations/europe-west3/keyRings/numbered"
    )
    assert answer.json()["name"] == "projects/careplane-cell/locations/europe-west3/keyRings/numbered"


def test_only_the_operator_may_use_the_control_api(localcloud: RunningCloud) -> None:
    url = localcloud.settings.control_url
    assert localcloud.client.get(f"{url}/status").status_code == 401
    headers = {"authorization": f"Bearer {localcloud.token(OUTSIDER)}"}
    assert localcloud.client.get(f"{url}/status", headers=headers).status_code == 403
    assert localcloud.client.get(f"{url}/healthz").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_state_and_tokens_survive_an_end_of_any_kind(fresh_localcloud: RunningCloud, number: int) -> None:
    cloud = fresh_localcloud
    token = cloud.token("user:operator@careplane.test", operator=True)
    cloud.request("cloudkms", "POST", RINGS, {}, params={"keyRingId": "kept"}).raise_for_status()
    operation = cloud.request("compute", "POST", NETWORKS, {"name": "kept"}).json()["name"]
    status = cloud.stop(number)
    assert status == (0 if number == signal.SIGTERM else -signal.SIGKILL)
    cloud.start()
    assert cloud.request("cloudkms", "GET", f"{RINGS}/kept", token=token).status_code == 200
    polled = cloud.request(
        "compute", "GET", f"/compute/beta/projects/careplane-cell/global/operations/{operation}"
    )
    assert polled.json()["status"] == "DONE"


def test_reset_leaves_nothing_but_the_operator(fresh_localcloud: RunningCloud) -> None:
    cloud = fresh_localcloud
    token = cloud.token(OUTSIDER)
    cloud.request("compute", "POST", NETWORKS, {"name": "gone"}).raise_for_status()
    cloud.control("POST", "/reset", {})
    assert cloud.control("GET", "/resources") == {}
    assert cloud.request("compute", "GET", NETWORKS, token=token).status_code == 401


def test_faults_begin_hit_and_end(fresh_localcloud: RunningCloud) -> None:
    cloud = fresh_localcloud
    cloud.control("POST", "/faults", {"kind": "api-error", "target": "compute", "code": 429})
    assert cloud.request("compute", "GET", NETWORKS).status_code == 429
    assert cloud.request("dns", "GET", "/dns/v1/projects/careplane-cell/managedZones").status_code == 200
    cloud.control("DELETE", "/faults")
    assert cloud.request("compute", "GET", NETWORKS).status_code == 200
    cloud.control("POST", "/faults", {"kind": "region-down", "target": "europe-west3"})
    assert cloud.request("cloudkms", "GET", RINGS).status_code == 503
    assert cloud.request("cloudkms", "GET", RINGS.replace("west3", "west4")).status_code == 200


def test_a_moved_clock_ends_tokens(fresh_localcloud: RunningCloud) -> None:
    token = fresh_localcloud.token(OUTSIDER)
    fresh_localcloud.control("POST", "/faults", {"kind": "clock", "target": "*", "seconds": 7200})
    assert fresh_localcloud.request("compute", "GET", NETWORKS, token=token).status_code == 401


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"kind": "earthquake", "target": "x"}, "kind"),
        ({"kind": "latency", "target": "dns"}, "ms"),
        ({"kind": "api-error", "target": "dns", "code": 200}, "code"),
        ({"kind": "clock"}, "target"),
    ],
)
def test_a_fault_that_makes_no_sense_names_its_key(
    localcloud: RunningCloud, body: dict[str, object], named: str
) -> None:
    headers = {"authorization": f"Bearer {localcloud.operator_token}"}
    answer = localcloud.client.post(localcloud.settings.control_url + "/faults", json=body, headers=headers)
    assert answer.status_code == 400
    assert str(error(answer)["message"]).startswith(f"{named}:")
