"""The instances that run the MLLP adapter: Container-Optimized OS, shielded, encrypted, no external address.

A managed group over the region's zones; an instance that stops answering is made anew. Checks 29, 37, 40.
https://cloud.google.com/container-optimized-os/docs/how-to/run-container-instance
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import compute

from infra.edge.cloud_init import user_data
from infra.edge.domain import require_name
from infra.errors import ConfigError
from infra.identity.account import Account, AccountArgs
from infra.site import Site

IMAGE = "projects/cos-cloud/global/images/family/cos-stable"
ZONES = 3
"""Zones of a region; a rolling update of a regional group needs as many further instances or none."""
HEALING_DELAY_SECONDS = 300


@dataclass(frozen=True)
class AdapterArgs:
    """`image` by digest, `key` for the disks (its user is the Compute Engine service agent).

    `port` 2575 is IANA's for HL7. `environment` names secrets, never holds one (check 37). `instances` (2)
    keep one zone's loss unnoticed. `disk_gb` in GiB.
    """

    site: Site
    image: pulumi.Input[str]
    key: pulumi.Input[str]
    subnetwork: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    port: int = 2575
    instances: int = 2
    machine_type: str = "e2-small"
    disk_gb: int = 10
    name: str = "mllp"
    depends_on: tuple[pulumi.Resource, ...] = ()

    def __post_init__(self) -> None:
        require_name("adapter.name", self.name)
        if not re.fullmatch("[a-z][-a-z0-9]{4,28}[a-z0-9]", self.account):
            raise ConfigError("adapter.name", self.name, "a name of 20 letters at most")
        if isinstance(self.image, str) and not re.fullmatch(r".+@sha256:[0-9a-f]{64}", self.image):
            raise ConfigError("adapter.image", self.image, "an image by digest: …@sha256:…")
        if self.instances < 1:
            raise ConfigError("adapter.instances", self.instances, "1 or more")
        if self.disk_gb < 10:
            raise ConfigError("adapter.disk_gb", self.disk_gb, "10 or more: the size of the image")

    @property
    def account(self) -> str:
        return f"{self.name}-adapter"


class Adapter(pulumi.ComponentResource):
    """`group` is what a backend service takes; `email` and `member` the identity."""

    group: pulumi.Output[str]
    email: pulumi.Output[str]
    member: pulumi.Output[str]

    def __init__(self, name: str, args: AdapterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:edge:Adapter", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        roles = ("roles/logging.logWriter", "roles/monitoring.metricWriter")
        account = Account(
            name,
            AccountArgs(
                args.site.project, args.account, "Runs the MLLP adapter", roles, tuple(args.depends_on)
            ),
            self._child,
        )
        self.email, self.member = account.email, account.member
        self.group = self._group(self._template()).instance_group
        self.register_outputs({"group": self.group})

    def _template(self) -> compute.RegionInstanceTemplate:
        args = self._args
        boot = user_data(args.image, args.port, args.environment)
        return compute.RegionInstanceTemplate(
            self._name,
            name=self._template_name(boot),
            description="MLLP adapter",
            project=args.site.project,
            region=args.site.region,
            machine_type=args.machine_type,
            disks=[
                {
                    "boot": True,
                    "auto_delete": True,
                    "source_image": IMAGE,
                    "disk_type": "pd-balanced",
                    "disk_size_gb": args.disk_gb,
                    "disk_encryption_key": {"kms_key_self_link": args.key},
                }
            ],
            # No access_configs: no external address.
            network_interfaces=[{"subnetwork": args.subnetwork, "subnetwork_project": args.site.project}],
            service_account={"email": self.email, "scopes": ["cloud-platform"]},
            shielded_instance_config={
                "enable_secure_boot": True,
                "enable_vtpm": True,
                "enable_integrity_monitoring": True,
            },
            metadata={
                "block-project-ssh-keys": "true",
                "enable-oslogin": "true",
                "google-logging-enabled": "true",
                "serial-port-enable": "false",
                "user-data": boot,
            },
            labels=dict(args.site.labels),
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )

    def _template_name(self, boot: pulumi.Output[str]) -> pulumi.Output[str]:
        """A template cannot change: a new content has a new name, and stands before the old one goes."""
        args = self._args
        size = f"{args.machine_type}-{args.disk_gb}"
        content = pulumi.Output.all(boot, size, args.key, args.subnetwork, dict(args.site.labels))
        return content.apply(lambda found: f"{args.name}-{hashlib.sha256(_bytes(found)).hexdigest()[:12]}")

    def _group(self, template: compute.RegionInstanceTemplate) -> compute.RegionInstanceGroupManager:
        args = self._args
        alive = compute.HealthCheck(
            self._name,
            name=f"{args.name}-alive",
            project=args.site.project,
            check_interval_sec=10,
            timeout_sec=5,
            healthy_threshold=2,
            unhealthy_threshold=3,
            tcp_health_check={"port": args.port},
            log_config={"enable": True},
            opts=self._child,
        )
        return compute.RegionInstanceGroupManager(
            self._name,
            name=args.name,
            project=args.site.project,
            region=args.site.region,
            base_instance_name=args.name,
            target_size=args.instances,
            versions=[{"name": "current", "instance_template": template.id}],
            named_ports=[{"name": "mllp", "port": args.port}],
            auto_healing_policies={"health_check": alive.id, "initial_delay_sec": HEALING_DELAY_SECONDS},
            update_policy={
                "type": "PROACTIVE",
                "minimal_action": "REPLACE",
                "replacement_method": "SUBSTITUTE",
                "max_surge_fixed": ZONES,
                "max_unavailable_fixed": 0,
            },
            opts=self._child,
        )


def _bytes(found: object) -> bytes:
    return json.dumps(found, sort_keys=True).encode()
