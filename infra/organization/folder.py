"""A folder that nobody deletes by mistake (check 72)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
from pulumi_gcp import organizations

from infra.errors import ConfigError
from infra.organization.parent import require_parent

_TITLE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 _-]{0,28}[A-Za-z0-9])?")


@dataclass(frozen=True)
class FolderArgs:
    """`parent` is organizations/N or folders/N. `retained`: survives destroy, as locked projects in it do."""

    title: str
    parent: pulumi.Input[str]
    protected: bool = True
    retained: bool = False

    def __post_init__(self) -> None:
        require_parent("parent", self.parent, ("organizations", "folders"))
        if not _TITLE.fullmatch(self.title):
            allowed = "1 to 30 letters, digits, spaces, hyphens or underscores, a letter or digit at each end"
            raise ConfigError("title", self.title, allowed)


class Folder(pulumi.ComponentResource):
    """`name` is folders/N. One that a stack declared at its root under the same name is adopted."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: FolderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:organization:Folder", name, {}, opts)
        self.name = organizations.Folder(
            name,
            display_name=args.title,
            parent=args.parent,
            deletion_protection=args.protected,
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.protected,
                retain_on_delete=args.retained or None,
                aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)],
            ),
        ).name
        self.register_outputs({"name": self.name})
