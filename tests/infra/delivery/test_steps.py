"""What the scripts do, under bash, with a `gcloud` and a `curl` that answer from files."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.delivery import steps
from infra.errors import ConfigError
from tests.infra.delivery.arguments import DIGEST
from tests.infra.engine import declare

IMAGE = f"europe-west3-docker.pkg.dev/p/careplane/runtime@{DIGEST}"
WHERE = {"PROJECT": "p", "REGION": "europe-west3"}
GCLOUD = """#!/usr/bin/env bash
echo "$*" >> calls
for answer in answers/*; do
  read -r pattern < "$answer"
  case "$*" in $pattern) tail -n +2 "$answer"; exit 0 ;; esac
done
"""
CURL = """#!/usr/bin/env bash
[ ! -f ill ] || exit 22
"""


class Workspace:
    """A folder as a step finds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        (folder / "answers").mkdir()
        for name, text in {"gcloud": GCLOUD, "curl": CURL}.items():
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        (folder / "image").write_text(f"{IMAGE}\n")

    def answer(self, pattern: str, text: str) -> None:
        """What `gcloud` prints where its arguments match the pattern."""
        (self.folder / "answers" / str(len(list((self.folder / "answers").iterdir())))).write_text(
            f"{pattern}\n{text}"
        )

    def run(self, step: steps.Step, ill: bool = False) -> subprocess.CompletedProcess[str]:
        if ill:
            (self.folder / "ill").touch()
        given = dict(each.split("=", 1) for each in step["envs"])
        path = f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        return subprocess.run(
            ["bash", "-c", step["script"]],
            cwd=self.folder,
            env={"PATH": path, "WAIT_SECONDS": "0", **given},
            capture_output=True,
            text=True,
            timeout=30,
        )

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def resolved(make: Callable[[], Any]) -> Any:
    """A step, or several, with what is only known in a program."""
    return declare(lambda: {"made": make()}).outputs["made"]


def gate(severity: str = "HIGH", scan_location: str | None = "europe") -> steps.Step:
    step: steps.Step = resolved(lambda: steps.gate("gcloud", severity, scan_location))
    return step


def analysis(status: str, **vulnerabilities: int) -> str:
    found = {severity: [{}] * count for severity, count in vulnerabilities.items()}
    return json.dumps(
        {
            "discovery_summary": {"discovery": [{"discovered": {"analysisStatus": status}}]},
            "package_vulnerability_summary": {"vulnerabilities": found},
        }
    )


@pytest.mark.parametrize(
    ("found", "passes"),
    [("", True), ("LOW\nMEDIUM\n", True), ("LOW\nHIGH\n", False), ("CRITICAL\n" * 500, False)],
)
def test_a_scan_decides(workspace: Workspace, found: str, passes: bool) -> None:
    workspace.answer("*images scan*", "projects/p/locations/europe/scans/1\n")
    workspace.answer("*list-vulnerabilities*", found)
    done = workspace.run(gate())
    assert (done.returncode == 0) is passes, done.stderr
    assert IMAGE in workspace.calls[0] and "--location=europe" in workspace.calls[0]


def test_the_severity_is_the_one_given(workspace: Workspace) -> None:
    workspace.answer("*images scan*", "scan\n")
    workspace.answer("*list-vulnerabilities*", "HIGH\nMEDIUM\n")
    assert workspace.run(gate("CRITICAL")).returncode == 0
    refused = workspace.run(gate("MEDIUM"))
    assert refused.returncode == 1 and "MEDIUM 1" in refused.stderr and "HIGH 1" in refused.stderr


def test_no_scan_is_no_pass(workspace: Workspace) -> None:
    workspace.answer("*images scan*", "")
    done = workspace.run(gate())
    assert done.returncode == 1 and "no scan of" in done.stderr


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        (analysis("FINISHED_SUCCESS"), True),
        (analysis("FINISHED_SUCCESS", MEDIUM=3), True),
        (analysis("FINISHED_SUCCESS", CRITICAL=1), False),
        (analysis("FINISHED_FAILED"), False),
        (analysis("FINISHED_UNSUPPORTED"), False),
        ("{}", False),
        ("not json", False),
    ],
)
def test_the_registrys_own_scan_decides(workspace: Workspace, answer: str, passes: bool) -> None:
    workspace.answer("*show-package-vulnerability*", answer)
    assert (workspace.run(gate(scan_location=None)).returncode == 0) is passes


def test_an_image_by_tag_stops_every_step_that_reads_it(workspace: Workspace) -> None:
    (workspace.folder / "image").write_text(IMAGE.split("@")[0] + ":latest")
    signing = resolved(lambda: steps.attest("gcloud", "p", "built", "key/cryptoKeyVersions/1"))
    for step in (gate(), gate(scan_location=None), signing):
        done = workspace.run(step)
        assert done.returncode == 1 and "not a digest" in done.stderr
    assert not (workspace.folder / "calls").exists()


def test_the_sbom_and_the_attestation_are_of_the_digest(workspace: Workspace) -> None:
    key = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
    for step in resolved(
        lambda: [
            steps.keep_sbom("gcloud", "sboms", key),
            steps.attest("gcloud", "p", "built", key),
            steps.propose("gcloud", "projects/p/topics/t"),
        ]
    ):
        assert workspace.run(step).returncode == 0
    sbom, attestation, proposal = workspace.calls
    assert f"--uri={IMAGE} --destination=gs://sboms --kms-key-version={key}" in sbom
    assert f"sign-and-create --project=p --artifact-url={IMAGE} --attestor=built" in attestation
    assert f"--keyversion={key}" in attestation
    said = proposal.split("--message=")[1].split(" --attribute=")[0]
    assert json.loads(said) == {"image": IMAGE}
    assert set(json.loads(said)) == {each["name"] for each in json.loads(steps.PROPOSAL)["fields"]}
    assert f"publish projects/p/topics/t --message={said} --attribute=digest={DIGEST}" in proposal


def attested(digest: str = DIGEST) -> steps.Step:
    name = IMAGE.split("@")[0]
    step: steps.Step = resolved(lambda: steps.attested("gcloud", name, "p", "built"))
    return {**step, "envs": [each.replace("$_DIGEST", digest) for each in step["envs"]]}


def test_only_an_attested_digest_is_promoted(workspace: Workspace) -> None:
    done = workspace.run(attested())
    assert done.returncode == 1 and "not attested" in done.stderr
    workspace.answer("*attestations list*", "projects/p/occurrences/1\n")
    assert workspace.run(attested()).returncode == 0
    assert (workspace.folder / "image").read_text() == f"{IMAGE}\n"


@pytest.mark.parametrize("digest", ["latest", "sha256:22", "", f"{DIGEST}; rm -rf /"])
def test_what_is_not_a_digest_is_not_promoted(workspace: Workspace, digest: str) -> None:
    workspace.answer("*attestations list*", "projects/p/occurrences/1\n")
    done = workspace.run(attested(digest))
    assert done.returncode == 1 and "not a digest" in done.stderr


def rollout(workspace: Workspace) -> list[steps.Step]:
    traffic = [
        {"revisionName": "riverside-1", "percent": 100},
        {"revisionName": "riverside-2", "tag": "green", "url": "https://green---riverside.run.app"},
    ]
    workspace.answer("*services describe*", json.dumps({"status": {"traffic": traffic}}))
    found: list[steps.Step] = resolved(
        lambda: steps.blue_green("gcloud", "riverside", WHERE, "/readyz", (10, 100), "attested")
    )
    return found


def test_green_is_deployed_without_requests_and_takes_them_in_stages(workspace: Workspace) -> None:
    for step in rollout(workspace):
        assert workspace.run(step).returncode == 0
    changes = [call for call in workspace.calls if "describe" not in call]
    assert (
        f"services update riverside --project=p --region=europe-west3 --image={IMAGE} --no-traffic"
        in changes[0]
    )
    assert [call.rsplit(" ", 1)[1] for call in changes[1:]] == ["--to-tags=green=10", "--to-tags=green=100"]


def test_a_green_that_is_ill_takes_no_request(workspace: Workspace) -> None:
    _, health, _ = rollout(workspace)
    assert workspace.run(health, ill=True).returncode == 22


def test_a_green_that_falls_ill_gives_all_requests_back(workspace: Workspace) -> None:
    *_, shift = rollout(workspace)
    done = workspace.run(shift, ill=True)
    assert done.returncode == 1 and "all requests go back to riverside-1" in done.stderr
    assert workspace.calls[-1].endswith("--to-revisions=riverside-1=100")
    assert not any("green=100" in call for call in workspace.calls)


def test_each_step_waits_for_the_one_it_builds_on() -> None:
    found = resolved(lambda: steps.blue_green("gcloud", "riverside", WHERE, "/readyz", (100,), "attested"))
    assert [each["wait_fors"] for each in found] == [["attested"], ["green-riverside"], ["health-riverside"]]
    assert steps.sbom("syft")["wait_fors"] == ["build"]
    signing = resolved(lambda: steps.attest("gcloud", "p", "built", "key"))
    assert signing["wait_fors"] == ["gate", "keep-sbom"]


def test_an_unknown_severity_is_refused() -> None:
    with pytest.raises(ConfigError, match="severity: 'SEVERE' is not allowed; allowed: CRITICAL, HIGH"):
        steps.gate("gcloud", "SEVERE", None)
