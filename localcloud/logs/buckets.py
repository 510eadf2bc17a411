"""Log buckets as entries see them: the two that every project has, retention and key."""

from __future__ import annotations

from localcloud import cmek
from localcloud.api import ApiError, Json
from localcloud.cloud import Cloud
from localcloud.services import logging_config

API = "logging"
REQUIRED, DEFAULT = "_Required", "_Default"


def preset(container: str, identifier: str) -> str:
    """The name of a preset bucket of a project, folder or organisation."""
    return f"{container}/locations/global/buckets/{identifier}"


def load(cloud: Cloud, name: str) -> Json | None:
    """A bucket's configuration; None where there is no such bucket."""
    try:
        return logging_config.bucket(cloud, name)
    except ApiError:
        return None


def retention_days(bucket: Json) -> int:
    return int(bucket.get("retentionDays") or 30)


def require_key(cloud: Cloud, bucket: Json) -> None:
    """A bucket with a key is readable only while Logging's account for keys may use it."""
    key = (bucket.get("cmekSettings") or {}).get("kmsKeyName")
    if key:
        project, location = bucket["name"].split("/")[1], bucket["name"].split("/")[3]
        cmek.require_key(cloud, key, location, f"serviceAccount:{logging_config.key_user(cloud, project)}")
