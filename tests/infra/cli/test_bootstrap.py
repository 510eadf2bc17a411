"""Against a running local cloud: what is made, that a repeat changes nothing, and what is refused."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.cli.bootstrap import Bootstrap, Item
from infra.cli.bootstrap_args import BootstrapArgs, layout
from infra.cli.commands.bootstrap import _parent
from infra.cli.google import ApiFailed, Google, endpoints
from infra.cli.main import main
from infra.errors import ConfigError, ResidencyError
from infra.jurisdiction import jurisdiction
from tests.infra.cli.place import committed, edited
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
    project: str, area: str = "eu", organization: str | None = "111", cmek: bool = False
) -> BootstrapArgs:
    found = jurisdiction(area)
    return BootstrapArgs("local", found, project, layout(found), organization, cmek=cmek)


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


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--place", "No/../Place"], "--place: 'No/../Place' is not allowed; allowed: a DNS label"),
        (["--place", ""], "--place: '' is not allowed; allowed: a DNS label"),
        (["--jurisdiction", ""], "--jurisdiction: '' is not allowed; allowed: ch"),
        (["--project", "short"], "--project: 'short' is not allowed; allowed: a project id: 6 to 30"),
        (["--project", "Careplane-eu"], "--project: 'Careplane-eu' is not allowed"),
        (["--project", "careplane-eu-"], "--project: 'careplane-eu-' is not allowed"),
        (["--project", "c" * 31], "--project: 'ccc"),
        (["--project", "my-google-records"], "without google, null, ssl, undefined"),
        (["--project", "projects/careplane"], "--project: 'projects/careplane' is not allowed"),
        (
            ["--organization", "example.org"],
            "--organization: 'example.org' is not allowed; allowed: the number",
        ),
        (["--organization", "organizations/1"], "--organization: 'organizations/1' is not allowed"),
        (["--organization", "-1"], "--organization"),
        (["--organization", "１２３"], "--organization: '１２３' is not allowed"),
        (["--organization", ""], "--organization: '' is not allowed"),
        (["--billing-account", "billingAccounts/000000-000000-000000"], "--billing-account: 'billingAcc"),
        (["--billing-account", "000000-000000"], "allowed: a billing account's id, such as 01AB23-"),
        (["--billing-account", "zzzzzz-000000-000000"], "--billing-account: 'zzzzzz-000000-000000'"),
        (["--region", "europe-west3"], "--region: 'europe-west3' is not allowed; allowed: nothing: juris"),
        (["--jurisdiction", "de", "--region", "us-east1"], "--region: location 'us-east1' lies outside"),
        (["--jurisdiction", "de", "--region", "atlantis"], "--region: location 'atlantis' lies outside"),
    ],
)
def test_odd_input_is_two_and_one_sentence(
    options: list[str], told: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def untouched(*args: Any, **more: Any) -> None:
        raise AssertionError("Google was called")

    monkeypatch.setattr(Google, "call", untouched)
    monkeypatch.setenv("GOOGLE_OAUTH_ACCESS_TOKEN", "t")
    chosen = options if "--jurisdiction" in options else ["--jurisdiction", "eu", *options]
    try:
        code = main(["bootstrap", *chosen])
    except SystemExit as usage:  # What argparse refuses itself.
        code = int(str(usage.code))
    said = capsys.readouterr().err
    assert code == 2
    assert told in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("key", "value"), [("organization", "example.org"), ("billingAccount", "zzzzzz"), ("organization", [1])]
)
def test_what_the_places_file_says_is_checked_with_its_name(key: str, value: Any, tmp_path: Path) -> None:
    edited(committed(tmp_path), "local-organization", **{f"careplane__{key}": value})
    args = argparse.Namespace(organization=None, billing_account=None)
    with pytest.raises(ConfigError, match=rf"^Pulumi.local-organization.yaml: careplane:{key}: "):
        _parent(args, "Pulumi.local-organization.yaml", tmp_path)


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
