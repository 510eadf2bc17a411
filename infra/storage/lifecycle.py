"""What happens to objects as they age, as data.

https://cloud.google.com/storage/docs/lifecycle
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from infra.errors import ConfigError

ACTIONS = ("AbortIncompleteMultipartUpload", "Delete", "SetStorageClass")
CLASSES = ("ARCHIVE", "COLDLINE", "NEARLINE", "STANDARD")


@dataclass(frozen=True)
class LifecycleRule:
    """`action` on objects that meet every condition given; ages in days.

    A rule that deletes must say which objects: live ones by `age`, older versions by `noncurrent_days` or
    `newer_versions`. A retention policy or a hold outlasts every rule.
    """

    action: Literal["AbortIncompleteMultipartUpload", "Delete", "SetStorageClass"]
    storage_class: str | None = None
    age: int | None = None
    noncurrent_days: int | None = None
    newer_versions: int | None = None
    prefixes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ConfigError("lifecycle action", self.action, ACTIONS)
        if (self.action == "SetStorageClass") != (self.storage_class is not None):
            raise ConfigError(
                "lifecycle storage_class", self.storage_class, "given with SetStorageClass, and only then"
            )
        if self.storage_class is not None and self.storage_class not in CLASSES:
            raise ConfigError("lifecycle storage_class", self.storage_class, CLASSES)
        if all(each is None for each in (self.age, self.noncurrent_days, self.newer_versions)):
            raise ConfigError("lifecycle condition", None, ["age", "newer_versions", "noncurrent_days"])

    def inputs(self) -> dict[str, Any]:
        """A rule of `storage.Bucket`."""
        action = {"type": self.action} | ({"storage_class": self.storage_class} if self.storage_class else {})
        conditions: dict[str, Any] = {
            "age": self.age,
            "days_since_noncurrent_time": self.noncurrent_days,
            "num_newer_versions": self.newer_versions,
            "matches_prefixes": list(self.prefixes) or None,
        }
        given = {name: value for name, value in conditions.items() if value is not None}
        return {"action": action, "condition": given}
