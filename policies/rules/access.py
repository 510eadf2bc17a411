"""Access: nobody is everybody, and no secret stands in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from policies.resource import SECRET, Properties, Resource
from policies.rule import NotApplicable, Problem, rule
from policies.rules.controls import ACCESS, with_cis
from policies.stack import Stack

_EVERYBODY = {"allUsers", "allAuthenticatedUsers"}
_SECRET_NAME = re.compile(r"(PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_?KEY|API_?KEY|CREDENTIAL)", re.I)
_REFERENCE = re.compile(r"^(projects/|//|https?://[^@]*$|gs://|\d*$|true$|false$)", re.I)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_URL_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://[^/@:]*:[^/@]+@", re.I)


@rule(
    id="no-public-members",
    number=25,
    title="No IAM grant names allUsers or allAuthenticatedUsers",
    remedy="Grant a named identity or group instead.",
    severity="critical",
    types=("gcp:*",),
    controls=with_cis(ACCESS, "1.9", "5.1", "7.1"),
    fails={"role": "roles/run.invoker", "member": "allUsers"},
    passes={"role": "roles/run.invoker", "member": "group:clinicians@example.org"},
)
def no_public_members(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if "role" not in resource.properties:
        raise NotApplicable("this resource grants nothing")
    if "member" in resource.properties and resource.properties["member"] in _EVERYBODY:
        yield Problem("member", resource.properties["member"])
    for index, member in enumerate(resource.properties.get("members") or []):
        if member in _EVERYBODY:
            yield Problem(f"members[{index}]", member)


def _containers(resource: Resource) -> Iterator[tuple[str, Properties]]:
    """Containers of a Cloud Run service (`template`) or job (`template.template`), with their paths."""
    for prefix in ("template", "template.template"):
        for index, container in enumerate(resource.at(f"{prefix}.containers") or []):
            yield f"{prefix}.containers[{index}]", container


def _leaks(name: str, value: Any) -> bool:
    if value is SECRET:
        return True
    text = str(value)
    if _PRIVATE_KEY.search(text) or _URL_PASSWORD.match(text):
        return True
    return bool(_SECRET_NAME.search(name)) and bool(text) and not _REFERENCE.match(text)


@rule(
    id="no-plaintext-secret",
    number=37,
    title="Cloud Run environments name secrets by reference, never by value",
    remedy="Use valueSource.secretKeyRef, or read the secret by its name.",
    severity="critical",
    types=("gcp:cloudrunv2/service:Service", "gcp:cloudrunv2/job:Job"),
    controls=with_cis(ACCESS, "1.17"),
    fails={"template": {"containers": [{"envs": [{"name": "DATABASE_PASSWORD", "value": "hunter2"}]}]}},
    passes={
        "template": {
            "containers": [
                {"envs": [{"name": "DATABASE_PASSWORD", "valueSource": {"secretKeyRef": {"secret": "s"}}}]}
            ]
        }
    },
)
def no_plaintext_secret(resource: Resource, stack: Stack) -> Iterator[Problem]:
    for path, container in _containers(resource):
        for env in container.get("envs") or []:
            value = env.get("value")
            if value is not None and _leaks(env["name"], value):
                # The value itself must not travel into a report.
                yield Problem(f"{path}.envs[{env['name']}].value", "[a literal value]")
