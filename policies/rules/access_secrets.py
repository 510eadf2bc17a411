"""Access to secrets: none stands in plain text, and each is replaced in time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.resource import SECRET, Properties, Resource, UnknownValue
from policies.rule import Problem, rule
from policies.rules.controls import ACCESS, also
from policies.rules.read import listed, mappings, seconds
from policies.stack import Stack

_SECRET_NAME = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|PRIVATE_?KEY|API_?KEY|CREDENTIAL"
    # `PWD` alone is where a shell stands, and `COMPASS` is none either.
    r"|(?:^|[_.-])PASS(?:$|[_.-])|[_.-]PWD(?:$|[_.-])",
    re.I,
)
_REFERENCE = re.compile(r"^(projects/|//|https?://[^@]*$|gs://|\d*$|true$|false$|\$[({][\w.-]+[)}]$)", re.I)
_LITERAL = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bya29\.[\w-]+|\bAIza[\w-]{35}|\bgh[pousr]_\w{30,}|\bGOCSPX-[\w-]{20,}"
    r"|\bBasic\s+(?=[a-z]*[A-Z0-9+/=])[A-Za-z0-9+/]{8,}={0,2}\s*$|\bBearer\s+[\w.~+/-]{12,}"
    r"|(?i:password|passwd|passphrase|[_.-]pwd)=[\"']?(?!\$[({A-Z_])[^\s;&\"'<{(]"
)
"""Secrets that are known as such whatever they are called."""
_URL_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://[^/@:]*:[^/@]+@", re.I)
_OPTION = re.compile(r"^--?([A-Za-z][\w.-]*)(?:=(.*))?$", re.S)
_PLACE = re.compile(r"(?:file|path|dir|name|id|ttl)$", re.I)
"""An option so called says where a secret is, or of which kind."""

_CONTAINERS: Mapping[str, str] = {
    "gcp:cloudrunv2/service:Service": "template.containers",
    "gcp:cloudrunv2/job:Job": "template.template.containers",
    "gcp:cloudrunv2/workerPool:WorkerPool": "template.containers",
    "gcp:cloudrun/service:Service": "template.spec.containers",
}
_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "gcp:cloudfunctionsv2/function:Function": (
        "serviceConfig.environmentVariables",
        "buildConfig.environmentVariables",
    ),
    "gcp:cloudfunctions/function:Function": ("environmentVariables", "buildEnvironmentVariables"),
    "gcp:compute/instance:Instance": ("metadata",),
    "gcp:compute/instanceTemplate:InstanceTemplate": ("metadata",),
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate": ("metadata",),
}
_SECRETS: Mapping[str, tuple[str, ...]] = {
    "gcp:sql/user:User": ("password", "passwordWo"),
    "gcp:sql/databaseInstance:DatabaseInstance": ("rootPassword", "rootPasswordWo"),
    "gcp:secretmanager/secretVersion:SecretVersion": ("secretData", "secretDataWo"),
    "gcp:secretmanager/regionalSecretVersion:RegionalSecretVersion": ("secretData", "secretDataWo"),
}
"""Properties that hold a secret by nature, which Pulumi keeps encrypted if it is told that they do."""


def _leaks(name: str, value: Any) -> bool:
    if value is SECRET:
        return True
    text = str(value)
    if _LITERAL.search(text) or _URL_PASSWORD.match(text):
        return True
    return bool(_SECRET_NAME.search(name)) and bool(text) and not _REFERENCE.match(text)


def _variables(resource: Resource) -> Iterator[tuple[str, str, Any]]:
    """Every (path, name, value) that a workload is started with."""
    if (containers := _CONTAINERS.get(resource.type)) is not None:
        found = list(mappings(resource, containers))
        if not found:
            raise UnknownValue(containers, "no container is named whose variables could be judged")
        for where, container in found:
            for _, env in mappings(container, "envs"):
                name = str(env.get("name"))
                yield f"{where}.envs[{name}].value", name, env.get("value")
            for key in ("args", "commands"):
                yield from _options(listed(container, key), where)
    for where in _VARIABLES.get(resource.type, ()):
        variables = resource.at(where)
        if variables is not None and not isinstance(variables, Properties):
            raise UnknownValue(where, f"{where} cannot be read")
        for name, value in (variables or {}).items():
            yield f"{where}[{name}]", name, value


def _options(items: list[tuple[str, Any]], holder: str) -> Iterator[tuple[str, str, Any]]:
    """Every item of a command line under the name of the option that it is the value of."""
    before = ""
    for path, item in items:
        option = _OPTION.match(item) if isinstance(item, str) else None
        if option is None:
            yield f"{holder}.{path}", before, item
            before = ""
            continue
        name = "" if _PLACE.search(option[1]) else option[1]
        before = name if option[2] is None else ""
        yield f"{holder}.{path}", name, option[2]
        # Also by what it is as a whole: the name may belong to the secret.
        yield f"{holder}.{path}", "", None if name and _leaks(name, option[2] or "") else item


@rule(
    id="no-plaintext-secret",
    number=37,
    title="Workloads name secrets by reference, and passwords are kept encrypted",
    remedy="Use valueSource.secretKeyRef, or read the secret by its name; mark a password as a secret.",
    severity="critical",
    types=(*_CONTAINERS, *_VARIABLES, *_SECRETS),
    controls=also(ACCESS, cis=("1.17",)),
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
    # The value itself must not travel into a report.
    for path in _SECRETS.get(resource.type, ()):
        if resource.at(path) not in (None, "") and resource.at(path) is not SECRET:
            yield Problem(path, "[a value that is not marked as a secret]")
    for path, name, value in _variables(resource):
        if value is not None and _leaks(name, value):
            yield Problem(path, "[a literal value]")


_YEAR = 365 * 24 * 3600


@rule(
    id="secret-rotation",
    number=38,
    title="Every secret is due for a new version at least once a year",
    remedy="Set rotation.rotationPeriod to 31536000s or less, and topics to whoever makes the new version.",
    severity="medium",
    types=("gcp:secretmanager/secret:Secret", "gcp:secretmanager/regionalSecret:RegionalSecret"),
    controls=ACCESS,
    fails={"secretId": "session"},
    passes={"rotation": {"rotationPeriod": "7776000s"}},
)
def secret_rotation(resource: Resource, stack: Stack) -> Iterator[Problem]:
    path = "rotation.rotationPeriod"
    period = seconds(resource.at(path))
    if period is None or not 0 < period <= _YEAR:
        yield Problem(path, resource.at(path))
