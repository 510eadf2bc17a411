"""Cloud Build steps as data. They hand files to each other in /workspace: `image` holds NAME@sha256:DIGEST.

No step ever resolves a tag: the builder writes the digest that it pushed, and all others read it. Values
reach the scripts as environment: Cloud Build replaces $NAME in `envs`, never inside a script.
https://cloud.google.com/build/docs/build-config-file-schema
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi_gcp import cloudbuild

from infra.delivery.severities import SEVERITIES
from infra.errors import ConfigError

SCRIPTS = Path(__file__).parent / "scripts"
Step = dict[str, Any]
Values = Mapping[str, pulumi.Input[str]]

PROPOSAL = json.dumps({"type": "record", "name": "Proposal", "fields": [{"name": "image", "type": "string"}]})
"""The Avro record that `propose` publishes, for the topic's schema (check 83)."""


def build(image: str, base: str, name: pulumi.Input[str], arguments: Mapping[str, str]) -> Step:
    """The runtime's Dockerfile, built without privileges, pushed once, kept as a tarball for the SBOM."""
    return {
        "id": "build",
        "name": image,
        "args": [
            "--context=dir:///workspace",
            "--dockerfile=runtime/Dockerfile",
            pulumi.Output.concat("--destination=", name, ":$COMMIT_SHA"),
            "--image-name-with-digest-file=/workspace/image",
            "--tar-path=/workspace/image.tar",
            "--reproducible",
            f"--build-arg=BASE={base}",
            *(f"--build-arg={key}={value}" for key, value in sorted(arguments.items())),
        ],
    }


def sbom(image: str) -> Step:
    """Every package in the image, as CycloneDX JSON 1.5: the newest that Artifact Analysis reads."""
    return {
        "id": "sbom",
        "name": image,
        "args": [
            "scan",
            "docker-archive:/workspace/image.tar",
            "--output",
            "cyclonedx-json@1.5=/workspace/sbom.cdx.json",
        ],
        "wait_fors": ["build"],
    }


def keep_sbom(gcloud: str, bucket: pulumi.Input[str], key_version: pulumi.Input[str]) -> Step:
    """Into the bucket, with a signed reference to it from the image's digest."""
    return _script("keep-sbom", gcloud, {"BUCKET": bucket, "KEY_VERSION": key_version}, ["sbom"])


def gate(gcloud: str, severity: str, scan_location: str | None) -> Step:
    """Ends the build where the image has a vulnerability of `severity` or worse; no result is no pass.

    With `scan_location` On-Demand Scanning looks at the image; without it the scan that Artifact Registry
    begins at a push is waited for, up to half an hour.
    """
    if severity not in SEVERITIES:
        raise ConfigError("severity", severity, SEVERITIES)
    refused = "|".join(SEVERITIES[SEVERITIES.index(severity) :])
    values = {"REFUSED": refused, **({"SCAN_LOCATION": scan_location} if scan_location else {})}
    return _script("gate", gcloud, values, ["build"], "gate-scan" if scan_location else "gate-analysis")


def attest(
    gcloud: str, project: pulumi.Input[str], attestor: pulumi.Input[str], key_version: pulumi.Input[str]
) -> Step:
    """After the gate and the SBOM: the signature that Binary Authorization asks for."""
    values = {"ATTESTOR": attestor, "ATTESTOR_PROJECT": project, "KEY_VERSION": key_version}
    return _script("attest", gcloud, values, ["gate", "keep-sbom"])


def propose(gcloud: str, topic: pulumi.Input[str]) -> Step:
    """The image as a `PROPOSAL`, to the topic that the promotion listens to; the digest is an attribute."""
    return _script("propose", gcloud, {"TOPIC": topic}, ["attest"])


def attested(
    gcloud: str, name: pulumi.Input[str], project: pulumi.Input[str], attestor: pulumi.Input[str]
) -> Step:
    """What is promoted must be a digest that the pipeline attested."""
    values = {"NAME": name, "DIGEST": "$_DIGEST", "ATTESTOR": attestor, "ATTESTOR_PROJECT": project}
    return _script("attested", gcloud, values, [])


def blue_green(
    gcloud: str, service: str, where: Values, path: str, shares: tuple[int, ...], after: str
) -> list[Step]:
    """A revision without requests under the tag `green`, a look at its health, then a share at a time.

    All goes back where green falls ill. `after` is the step to wait for: one service at a time.
    """
    values = {**where, "SERVICE": service, "HEALTH_PATH": path}
    stages = " ".join(str(share) for share in shares)
    return [
        _script(f"green-{service}", gcloud, {**where, "SERVICE": service}, [after], "green"),
        _script(f"health-{service}", gcloud, values, [f"green-{service}"], "health"),
        _script(f"shift-{service}", gcloud, {**values, "SHARES": stages}, [f"health-{service}"], "shift"),
    ]


def whole(found: list[Step], pool: pulumi.Input[str], seconds: int) -> cloudbuild.TriggerBuildArgsDict:
    """A build of these steps in a private pool, whose log goes to Cloud Logging alone."""
    typed: list[Any] = found
    return {
        "steps": typed,
        "timeout": f"{seconds}s",
        "options": {"logging": "CLOUD_LOGGING_ONLY", "worker_pool": pool},
    }


def _script(id: str, image: str, values: Values, after: list[str], script: str | None = None) -> Step:
    """Every script begins with the same lines: strict mode, and the image by digest or nothing."""
    text = "\n".join(
        (SCRIPTS / f"{name}.sh").read_text() for name in _PARTS.get(script or id, (script or id,))
    )
    return {
        "id": id,
        "name": image,
        "script": "#!/usr/bin/env bash\nset -euo pipefail\n" + text,
        "envs": [pulumi.Output.concat(key, "=", value) for key, value in sorted(values.items())],
        **({"wait_fors": after} if after else {}),
    }


_PARTS: dict[str, tuple[str, ...]] = {
    "attest": ("image", "attest"),
    "gate-analysis": ("image", "gate-analysis", "gate"),
    "gate-scan": ("image", "gate-scan", "gate"),
    "green": ("image", "green"),
    "health": ("tagged", "health"),
    "keep-sbom": ("image", "keep-sbom"),
    "propose": ("image", "propose"),
    "shift": ("tagged", "shift"),
}
