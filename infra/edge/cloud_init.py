"""What an instance does when it starts: pull the adapter's image and keep it running, not as root."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import pulumi
import yaml

USER = 2000
_UNIT = """\
[Unit]
Description=MLLP adapter
Wants=gcr-online.target
After=gcr-online.target docker.service

[Service]
Environment=HOME=/home/adapter
ExecStartPre=/usr/bin/docker-credential-gcr configure-docker --registries={registry}
ExecStartPre=-/usr/bin/docker rm --force adapter
ExecStart=/usr/bin/docker run --rm --name=adapter --read-only --user={user} --cap-drop=ALL \
--security-opt=no-new-privileges --env-file=/etc/adapter/environment --publish={port}:{port} {image}
ExecStop=/usr/bin/docker stop --time=60 adapter
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
"""


def user_data(
    image: pulumi.Input[str], port: int, environment: Mapping[str, pulumi.Input[str]]
) -> pulumi.Output[str]:
    """The metadata `user-data`, once the image and the environment are known."""
    known = pulumi.Output.all(image=image, environment=dict(environment))
    return known.apply(lambda found: document(found["image"], port, found["environment"]))


def document(image: str, port: int, environment: Mapping[str, str]) -> str:
    """cloud-init's YAML; a value of the environment with a line break is refused by its file format."""
    unit = _UNIT.format(registry=image.split("/", 1)[0], user=USER, port=port, image=shlex.quote(image))
    lines = "".join(f"{name}={value}\n" for name, value in sorted(environment.items()))
    if lines.count("\n") != len(environment):
        raise ValueError("environment: a value holds a line break")
    files = [
        {"path": "/etc/adapter/environment", "permissions": "0600", "content": lines},
        {"path": "/etc/systemd/system/adapter.service", "permissions": "0644", "content": unit},
    ]
    commands = ["systemctl daemon-reload", "systemctl enable --now adapter.service"]
    content = {"users": [{"name": "adapter", "uid": USER}], "write_files": files, "runcmd": commands}
    return "#cloud-config\n" + yaml.safe_dump(content, sort_keys=False, width=10_000)
