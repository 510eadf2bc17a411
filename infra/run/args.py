"""What services, jobs and worker pools share: image, identity, key, network, environment, secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import pulumi

from infra.errors import ConfigError
from infra.run.secret import SecretRef, check_files, refuse_plain, volume_name
from infra.site import Site

DEFAULT_POLICY = "default"


@dataclass(frozen=True)
class WorkloadArgs:
    """`environment` never holds a secret (check 37); `network` and `subnetwork` may be another project's.

    `secrets` maps a variable to a secret, `files` an absolute path to one. `binary_authorization` is
    `default`, the project's policy, or a platform policy by full name (check 84); None asks no policy, and
    there is no break-glass. A project without a policy of its own has Google's, which admits every image.
    """

    site: Site
    image: pulumi.Input[str]
    service_account: pulumi.Input[str]
    key: pulumi.Input[str]
    network: pulumi.Input[str]
    subnetwork: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    depends_on: tuple[pulumi.Resource, ...] = ()
    secrets: Mapping[str, SecretRef] = field(default_factory=dict)
    files: Mapping[str, SecretRef] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    binary_authorization: str | None = DEFAULT_POLICY

    def __post_init__(self) -> None:
        for name, value in self.environment.items():
            if isinstance(value, str):
                refuse_plain(name, value)
        for name in sorted(self.environment.keys() & self.secrets.keys()):
            raise ConfigError(f"secrets.{name}", "a variable of the environment", "each variable once")
        check_files(self.files)
        policy = self.binary_authorization
        if policy not in (None, DEFAULT_POLICY) and not re.fullmatch(
            r"projects/[^/]+/platforms/cloudRun/[^/]+", policy or ""
        ):
            allowed = (DEFAULT_POLICY, "projects/PROJECT/platforms/cloudRun/POLICY")
            raise ConfigError("binary_authorization", policy, allowed)

    @property
    def all_labels(self) -> dict[str, str]:
        return {**self.site.labels, **self.labels}


def envs(args: WorkloadArgs) -> list[Any]:
    """In the order of their names, so that a reordered program changes nothing; a value known late is
    looked at as soon as it is known."""
    plain: list[Any] = [
        {"name": name, "value": _late(name, value)} for name, value in args.environment.items()
    ]
    secret = [
        {
            "name": name,
            "value_source": {"secret_key_ref": {"secret": ref.secret, "version": ref.version}},
        }
        for name, ref in args.secrets.items()
    ]
    return sorted([*plain, *secret], key=lambda each: str(each["name"]))


def volumes(args: WorkloadArgs) -> list[Any] | None:
    """One a file."""
    return [
        {
            "name": volume_name(path),
            "secret": {
                "secret": ref.secret,
                "items": [{"path": PurePosixPath(path).name, "version": ref.version}],
            },
        }
        for path, ref in sorted(args.files.items())
    ] or None


def mounts(args: WorkloadArgs) -> list[Any] | None:
    return [
        {"name": volume_name(path), "mount_path": str(PurePosixPath(path).parent)}
        for path in sorted(args.files)
    ] or None


def vpc_access(args: WorkloadArgs) -> Any:
    """All traffic leaves through the VPC (check 45)."""
    return {
        "egress": "ALL_TRAFFIC",
        "network_interfaces": [{"network": args.network, "subnetwork": args.subnetwork}],
    }


def admission(args: WorkloadArgs) -> Any:
    """Binary Authorization, or None where no policy is to be asked."""
    if args.binary_authorization is None:
        return None
    if args.binary_authorization == DEFAULT_POLICY:
        return {"use_default": True}
    return {"policy": args.binary_authorization}


def _late(name: str, value: pulumi.Input[str]) -> pulumi.Input[str]:
    if isinstance(value, str):
        return value
    late: Any = value
    return pulumi.Output.from_input(late).apply(partial(refuse_plain, name))
