"""The only reader of the environment: frozen settings whose errors name the key and what is allowed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROFILES = ("saas", "sovereign-eu", "country", "private")
LOG_LEVELS = ("debug", "info", "warning", "error")
PRIVATE = "private"
"""No Healthcare API: resources and audit trail lie in Cloud SQL."""
US_SSN = "http://hl7.org/fhir/sid/us-ssn"
_APIS = ("cloudkms", "healthcare", "pubsub", "run", "secretmanager")


class SettingsError(ValueError):
    """A setting that is missing or cannot be used."""

    def __init__(self, key: str, given: str | None, allowed: str) -> None:
        given_text = "is not set" if given is None else f"is {given!r}"
        super().__init__(f"{key} {given_text}; allowed: {allowed}")
        self.key = key
        self.given = given
        self.allowed = allowed


@dataclass(frozen=True)
class Endpoints:
    """Root addresses of Google's APIs, by discovery name; gcloud's override variables win."""

    roots: Mapping[str, str]
    overridden: frozenset[str]
    pubsub_emulator: str | None = None

    def root(self, api: str) -> str:
        return self.roots[api]


@dataclass(frozen=True)
class Database:
    """A database on Cloud SQL, reached as an IAM user whose password is an access token."""

    host: str
    name: str
    user: str
    port: int = 5432
    ca: str | None = None


@dataclass(frozen=True)
class Grants:
    """What the `grants` command needs: whom to let in, as which administrator."""

    database: Database
    tenant_user: str
    private: bool = False
    """Whether the tenant keeps FHIR resources in this database."""
    append_only: bool = False
    """Whether it is the audit trail's, which the tenant's runtime adds to and cannot change."""


@dataclass(frozen=True)
class Settings:
    """Everything that one tenant's runtime is told."""

    tenant: str
    project: str
    location: str
    profile: str
    fhir_store: str | None
    """A store of the Healthcare API; None in profile `private`, where `database` holds the resources."""
    audit_store: str | None
    """The same for the audit trail; None where `audit_database` holds it."""
    token_key: str
    field_key: str
    blind_index_secret: str
    database: Database
    subscription: str
    audit_topic: str
    audit_subscription: str
    endpoints: Endpoints
    fhir_topic: str | None = None
    """Where changes of resources are told in profile `private`; elsewhere the Healthcare API tells them."""
    audit_database: Database | None = None
    encrypted_systems: tuple[str, ...] = (US_SSN,)
    base_url: str | None = None
    service: str | None = None
    token_seconds: int = 300
    log_level: str = "info"
    address: str = "127.0.0.1"
    port: int = 8080
    body_limit: int = 30 * 1024 * 1024
    read_only: bool = False
    """Whether every write is refused, as while the tenant is off-boarded."""


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings of `serve`, `migrate` and `client`."""
    read = _Reader(environ)
    profile = read.choice("CAREPLANE_PROFILE", PROFILES)
    return Settings(
        tenant=read.matching("CAREPLANE_TENANT", r"[a-z]([-a-z0-9]{0,40}[a-z0-9])?", "a DNS label"),
        project=read.required("CAREPLANE_PROJECT", "a project id"),
        location=read.required("CAREPLANE_LOCATION", "a Google Cloud region"),
        profile=profile,
        **_stores(read, profile),
        token_key=read.resource("CAREPLANE_TOKEN_KEY", "keyRings", "cryptoKeys"),
        field_key=read.resource("CAREPLANE_FIELD_KEY", "keyRings", "cryptoKeys"),
        blind_index_secret=read.resource("CAREPLANE_BLIND_INDEX_SECRET", "secrets"),
        database=_database(read, "CAREPLANE_DATABASE_USER"),
        subscription=read.resource("CAREPLANE_SUBSCRIPTION", "subscriptions"),
        audit_topic=read.resource("CAREPLANE_AUDIT_TOPIC", "topics"),
        audit_subscription=read.resource("CAREPLANE_AUDIT_SUBSCRIPTION", "subscriptions"),
        endpoints=_endpoints(environ),
        encrypted_systems=_systems(environ.get("CAREPLANE_ENCRYPTED_SYSTEMS")),
        base_url=_base_url(environ),
        service=environ.get("K_SERVICE") or None,
        token_seconds=read.number("CAREPLANE_TOKEN_SECONDS", 300, 300, 900),
        log_level=read.choice("CAREPLANE_LOG_LEVEL", LOG_LEVELS, "info"),
        address=_address(environ),
        port=read.number("PORT", 8080, 1, 65535),
        read_only=read.choice("CAREPLANE_READ_ONLY", ("true", "false"), "false") == "true",
    )


def load_grants(environ: Mapping[str, str] = os.environ) -> Grants:
    """Settings of `grants`, which runs as the cell's database administrator."""
    read = _Reader(environ)
    return Grants(
        _database(read, "CAREPLANE_ADMIN_USER"),
        read.required("CAREPLANE_DATABASE_USER", _ROLE),
        read.choice("CAREPLANE_PROFILE", PROFILES, "saas") == PRIVATE,
        read.choice("CAREPLANE_DATABASE_RIGHTS", ("own", "append"), "own") == "append",
    )


_ROLE = "a database role such as tenant-riverside@project.iam"


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def required(self, key: str, allowed: str) -> str:
        value = self._environ.get(key)
        if not value:
            raise SettingsError(key, value, allowed)
        return value

    def matching(self, key: str, pattern: str, allowed: str) -> str:
        value = self.required(key, allowed)
        if not re.fullmatch(pattern, value):
            raise SettingsError(key, value, allowed)
        return value

    def resource(self, key: str, *collections: str) -> str:
        """A resource name that ends in these collections, such as projects/p/…/fhirStores/s."""
        tail = "/".join(f"{collection}/[^/]+" for collection in collections)
        allowed = "a resource name projects/…/" + "/".join(f"{c}/NAME" for c in collections)
        return self.matching(key, rf"projects/[^/]+/(locations/[^/]+/)?{tail}", allowed)

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        value = self._environ.get(key) or default
        if value not in allowed:
            raise SettingsError(key, value, ", ".join(allowed))
        return value

    def number(self, key: str, default: int, low: int, high: int) -> int:
        value = self._environ.get(key) or str(default)
        if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
            raise SettingsError(key, value, f"a number from {low} to {high}")
        return int(value)


def _database(read: _Reader, user_key: str) -> Database:
    return Database(
        host=read.required("CAREPLANE_DATABASE_HOST", "an address of the instance"),
        name=read.required("CAREPLANE_DATABASE", "a database name"),
        user=read.required(user_key, _ROLE),
        port=read.number("CAREPLANE_DATABASE_PORT", 5432, 1, 65535),
        ca=read._environ.get("CAREPLANE_DATABASE_CA") or None,
    )


def _stores(read: _Reader, profile: str) -> dict[str, Any]:
    """Where resources and audit trail lie: the Healthcare API, or databases."""
    if profile != PRIVATE:
        return {
            "fhir_store": read.resource("CAREPLANE_FHIR_STORE", "datasets", "fhirStores"),
            "audit_store": read.resource("CAREPLANE_AUDIT_STORE", "datasets", "fhirStores"),
        }
    audit = Database(
        host=read.required("CAREPLANE_AUDIT_DATABASE_HOST", "an address of the audit trail's instance"),
        name=read.required("CAREPLANE_AUDIT_DATABASE", "a database name"),
        user=read.required("CAREPLANE_DATABASE_USER", _ROLE),
        port=read.number("CAREPLANE_AUDIT_DATABASE_PORT", 5432, 1, 65535),
        ca=read._environ.get("CAREPLANE_AUDIT_DATABASE_CA") or None,
    )
    topic = read.resource("CAREPLANE_FHIR_TOPIC", "topics")
    return {"fhir_store": None, "audit_store": None, "fhir_topic": topic, "audit_database": audit}


def _endpoints(environ: Mapping[str, str]) -> Endpoints:
    roots, overridden = {}, set()
    for api in _APIS:
        key = f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}"
        given = environ.get(key)
        if given and not re.fullmatch(r"https?://[^/\s]+/?", given):
            raise SettingsError(key, given, "a root address such as http://127.0.0.1:17006/")
        if given:
            overridden.add(api)
        roots[api] = (given or f"https://{api}.googleapis.com").rstrip("/")
    return Endpoints(roots, frozenset(overridden), environ.get("PUBSUB_EMULATOR_HOST") or None)


def _systems(given: str | None) -> tuple[str, ...]:
    if given is None:
        return (US_SSN,)
    systems = tuple(part.strip() for part in given.split(",") if part.strip())
    for system in systems:
        if not re.fullmatch(r"(https?://|urn:)[^\s|,\"\\]+", system):
            raise SettingsError(
                "CAREPLANE_ENCRYPTED_SYSTEMS", given, "identifier systems (http, https or urn), by comma"
            )
    return systems


def _base_url(environ: Mapping[str, str]) -> str | None:
    given = environ.get("CAREPLANE_BASE_URL")
    if not given:
        return None
    if not re.fullmatch(r"https?://[^/\s?#]+/?", given):
        raise SettingsError(
            "CAREPLANE_BASE_URL", given, "an address without a path such as https://riverside.example.org"
        )
    return given.rstrip("/")


def _address(environ: Mapping[str, str]) -> str:
    """All interfaces inside a container on Cloud Run; loopback anywhere else."""
    local_metadata = environ.get("GCE_METADATA_HOST", "").startswith("127.")
    return "0.0.0.0" if environ.get("K_SERVICE") and not local_metadata else "127.0.0.1"
