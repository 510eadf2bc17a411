"""Against a running local cloud: what is made, that a repeat changes nothing, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli.bootstrap import Bootstrap, Item
from infra.cli.bootstrap_args import BootstrapArgs, layout
from infra.cli.google import ApiFailed, Google, endpoints
from infra.cli.main import main
from infra.errors import ConfigError, ResidencyError
from infra.jurisdiction import jurisdiction
from tests.localcloud import running
from tests.localcloud.running import RunningCloud

pytestmark = pytest.mark.slow
APIS = ("cloudbilling", "cloudkms", "cloudresourcemanager", "iam", "serviceusage", "storage")
PATHS = {"storage": "/storage/v1/", "cloudresourcemanager": "/v3/"}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    started = running.start(tmp_path_factory.mktemp("bootstrap"))
    yield started
    started.close()


def google(cloud: RunningCloud, token: str | None = None) -> Google:
    addresses = {api: cloud.settings.url(api) + PATHS.get(api, "/v1/") for api in APIS}
    return Google(addresses, token or cloud.operator_token)


def arguments(
    project: str, area: str = "eu", organization: str | None = "111", **more: bool
) -> BootstrapArgs:
    found = jurisdiction(area)
    return BootstrapArgs("local", found, project, layout(found), organization, **more)


def states(items: list[Item]) -> set[str]:
    return {item.state for item in items}


def test_a_dry_run_makes_nothing(cloud: RunningCloud) -> None:
    items = Bootstrap(google(cloud), arguments("careplane-dry"), dry=True).run()
    assert states(items) == {"would create"}
    assert cloud.request("storage", "GET", "/storage/v1/b/careplane-dry-state-eu").status_code == 404


def test_state_and_key_lie_in_the_jurisdictions_multi_regions(cloud: RunningCloud) -> None:
    args = arguments("careplane-eu-boot")
    assert states(Bootstrap(google(cloud), args).run()) == {"created"}
    bucket = cloud.request("storage", "GET", f"/storage/v1/b/{args.bucket}").json()
    assert (bucket["location"], bucket["locationType"]) == ("EU", "multi-region")
    assert bucket["versioning"] == {"enabled": True}
    assert bucket["iamConfiguration"]["publicAccessPrevention"] == "enforced"
    assert bucket["iamConfiguration"]["uniformBucketLevelAccess"]["enabled"] is True
    assert bucket["softDeletePolicy"]["retentionDurationSeconds"] == "7776000"
    key = cloud.request("cloudkms", "GET", f"/v1/{args.ring}/cryptoKeys/pulumi-secrets").json()
    assert "/locations/europe/" in key["name"]
    assert key["rotationPeriod"] == "7776000s"
    assert key["primary"]["protectionLevel"] == "HSM"


def test_cis_identity_has_the_state_and_the_key_and_nothing_else(cloud: RunningCloud) -> None:
    args = arguments("careplane-ci-boot")
    Bootstrap(google(cloud), args).run()
    member = f"serviceAccount:{args.account}"
    bucket = cloud.request("storage", "GET", f"/storage/v1/b/{args.bucket}/iam").json()
    key = cloud.request("cloudkms", "GET", f"/v1/{args.ring}/cryptoKeys/pulumi-secrets:getIamPolicy").json()
    found = {each["role"]: each["members"] for each in [*bucket["bindings"], *key["bindings"]]}
    assert found["roles/storage.objectUser"] == [member]
    assert found["roles/cloudkms.cryptoKeyEncrypterDecrypter"] == [member]
    assert [role for role, members in found.items() if member in members] == [
        "roles/storage.objectUser",
        "roles/cloudkms.cryptoKeyEncrypterDecrypter",
    ]
    keys = cloud.request("iam", "GET", f"/v1/projects/{args.project}/serviceAccounts/{args.account}/keys")
    assert not [each for each in keys.json().get("keys", []) if each.get("keyType") == "USER_MANAGED"]


def test_a_repeat_says_what_is_there_and_changes_nothing(cloud: RunningCloud) -> None:
    args = arguments("careplane-twice")
    Bootstrap(google(cloud), args).run()
    before = cloud.request("storage", "GET", f"/storage/v1/b/{args.bucket}").json()
    assert states(Bootstrap(google(cloud), args).run()) == {"exists"}
    assert cloud.request("storage", "GET", f"/storage/v1/b/{args.bucket}").json() == before


def test_what_differs_is_said_and_left_alone(cloud: RunningCloud) -> None:
    args = arguments("careplane-weak")
    Bootstrap(google(cloud), args).run()
    path = f"/storage/v1/b/{args.bucket}"
    cloud.request("storage", "PATCH", path, {"versioning": {"enabled": False}})
    found = {item.what: item for item in Bootstrap(google(cloud), args).run()}["state bucket"]
    assert found.state == "differs"
    assert found.detail == "versioning.enabled is False, not True"
    assert cloud.request("storage", "GET", path).json()["versioning"] == {"enabled": False}


def test_the_buckets_own_key_is_granted_to_storage(cloud: RunningCloud) -> None:
    args = arguments("careplane-cmek", "us", cmek=True)
    Bootstrap(google(cloud), args).run()
    bucket = cloud.request("storage", "GET", f"/storage/v1/b/{args.bucket}").json()
    assert bucket["encryption"]["defaultKmsKeyName"] == f"{args.ring}/cryptoKeys/pulumi-state"
    assert states(Bootstrap(google(cloud), args).run()) == {"exists"}


def test_a_new_project_needs_its_parent(cloud: RunningCloud) -> None:
    with pytest.raises(ConfigError, match="--organization"):
        Bootstrap(google(cloud), arguments("careplane-lost", organization=None)).run()


def test_without_the_right_it_stops_with_googles_words(cloud: RunningCloud) -> None:
    nobody = cloud.token("user:nobody@careplane.test")
    with pytest.raises(ApiFailed, match="403") as caught:
        Bootstrap(google(cloud, nobody), arguments("careplane-denied")).run()
    assert caught.value.code == 1


def test_the_command_prints_the_next_lines(
    cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environ(cloud, monkeypatch)
    assert main(["bootstrap", "--jurisdiction", "us", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["next"] == [
        "pulumi login gs://careplane-local-bootstrap-state-us",
        'pulumi stack init local-organization --secrets-provider "gcpkms://projects/careplane-local-bootstrap'
        '/locations/us/keyRings/careplane-bootstrap/cryptoKeys/pulumi-secrets"',
    ]
    assert main(["bootstrap", "--jurisdiction", "us"]) == 0
    assert "exists        state bucket  gs://careplane-local-bootstrap-state-us" in capsys.readouterr().out


def environ(cloud: RunningCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "CLOUD_BILLING": "cloudbilling",
        "IAM_BETA": "iam",
        "KMS": "cloudkms",
        "RESOURCE_MANAGER_V3": "cloudresourcemanager",
        "SERVICE_USAGE": "serviceusage",
        "STORAGE": "storage",
    }
    for variable, api in names.items():
        address = cloud.settings.url(api) + PATHS.get(api, "/v1/")
        monkeypatch.setenv(f"GOOGLE_{variable}_CUSTOM_ENDPOINT", address)
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", cloud.operator_token)


def test_an_unknown_jurisdiction_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bootstrap", "--jurisdiction", "moon"]) == 2
    assert "--jurisdiction: 'moon' is not allowed; allowed: ch" in capsys.readouterr().err


def test_a_project_id_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bootstrap", "--jurisdiction", "eu", "--project", "X"]) == 2
    assert "--project: 'X'" in capsys.readouterr().err


def test_layouts() -> None:
    assert layout(jurisdiction("us")).key == "us"
    german = layout(jurisdiction("de"))
    assert (german.bucket, german.regions) == ("EU", ("europe-west3", "europe-west10"))
    assert "no multi-region inside de" in german.notes[0]
    swiss = layout(jurisdiction("ch"))
    assert (swiss.bucket, swiss.key, swiss.regions) == ("EUROPE-WEST6", "europe-west6", ())


def test_a_region_outside_or_beside_a_multi_region_is_refused() -> None:
    with pytest.raises(ResidencyError):
        layout(jurisdiction("de"), "us-east1")
    with pytest.raises(ConfigError, match="multi-region eu"):
        layout(jurisdiction("eu"), "europe-west3")


def test_the_local_place_reaches_loopback_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="loopback"):
        endpoints("local", {"GOOGLE_KMS_CUSTOM_ENDPOINT": "https://cloudkms.googleapis.com/v1/"})
    assert endpoints("acme", {}, tmp_path)["cloudkms"] == "https://cloudkms.googleapis.com/v1/"
