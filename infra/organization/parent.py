"""What a setting hangs on: an organisation, a folder or a project, exactly one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi

from infra.errors import ConfigError

KINDS = ("organizations", "folders", "projects")
_PARENT = re.compile(rf"({'|'.join(KINDS)})/[a-z0-9][a-z0-9:.-]*")


def require_parent(key: str, parent: pulumi.Input[str], kinds: tuple[str, ...] = KINDS) -> None:
    """Refuse a parent of another form, where it is known already."""
    if not isinstance(parent, str):
        return
    found = _PARENT.fullmatch(parent)
    if found is None or found[1] not in kinds:
        raise ConfigError(key, parent, [f"{kind}/ID" for kind in kinds])


@dataclass(frozen=True)
class Place:
    """One of `organization` (a number), `folder` (folders/N) or `project` (an id)."""

    organization: str | None = None
    folder: pulumi.Input[str] | None = None
    project: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        given = [key for key in ("organization", "folder", "project") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ConfigError("place", ", ".join(given) or None, "one of organization, folder, project")
        if self.organization is not None and not self.organization.isdigit():
            raise ConfigError("organization", self.organization, "an organisation's number")
        if self.folder is not None:
            require_parent("folder", self.folder, ("folders",))
