"""Settings name the key that is wrong and what is allowed."""

from __future__ import annotations

import pytest

from runtime.settings import US_SSN, SettingsError, load, load_grants

PARENT = "projects/p/locations/europe-west3"
GOOD = {
    "CAREPLANE_TENANT": "riverside",
    "CAREPLANE_PROJECT": "p",
    "CAREPLANE_LOCATION": "europe-west3",
    "CAREPLANE_PROFILE": "saas",
    "CAREPLANE_FHIR_STORE": f"{PARENT}/datasets/riverside/fhirStores/ehr",
    "CAREPLANE_AUDIT_STORE": f"{PARENT}/datasets/riverside-audit/fhirStores/audit",
    "CAREPLANE_TOKEN_KEY": f"{PARENT}/keyRings/riverside/cryptoKeys/token",
    "CAREPLANE_FIELD_KEY": f"{PARENT}/keyRings/riverside/cryptoKeys/fields",
    "CAREPLANE_BLIND_INDEX_SECRET": "projects/p/secrets/riverside-blind-index",
    "CAREPLANE_DATABASE_HOST": "10.0.0.3",
    "CAREPLANE_DATABASE": "riverside",
    "CAREPLANE_DATABASE_USER": "tenant-riverside@p.iam",
    "CAREPLANE_SUBSCRIPTION": "projects/p/subscriptions/riverside-fhir-runtime",
    "CAREPLANE_AUDIT_TOPIC": "projects/p/topics/riverside-audit",
    "CAREPLANE_AUDIT_SUBSCRIPTION": "projects/p/subscriptions/riverside-audit-runtime",
}


PRIVATE = {
    **{key: value for key, value in GOOD.items() if not key.endswith("_STORE")},
    "CAREPLANE_PROFILE": "private",
    "CAREPLANE_FHIR_TOPIC": "projects/p/topics/riverside-fhir",
    "CAREPLANE_AUDIT_DATABASE_HOST": "10.0.0.4",
    "CAREPLANE_AUDIT_DATABASE": "riverside-audit",
}


def test_private_profile_keeps_resources_and_audit_trail_in_databases() -> None:
    settings = load(PRIVATE)
    assert (settings.fhir_store, settings.audit_store) == (None, None)
    assert settings.fhir_topic == "projects/p/topics/riverside-fhir"
    audit = settings.audit_database
    assert audit and (audit.host, audit.name) == ("10.0.0.4", "riverside-audit")
    assert audit.user == settings.database.user


@pytest.mark.parametrize("key", sorted(set(PRIVATE) - set(GOOD)))
def test_a_missing_key_of_the_private_profile_is_named(key: str) -> None:
    with pytest.raises(SettingsError, match=f"^{key} is not set; allowed: "):
        load({name: value for name, value in PRIVATE.items() if name != key})


def test_defaults() -> None:
    settings = load(GOOD)
    assert settings.encrypted_systems == (US_SSN,)
    assert settings.endpoints.root("cloudkms") == "https://cloudkms.googleapis.com"
    assert (settings.address, settings.port, settings.base_url) == ("127.0.0.1", 8080, None)


def test_writes_are_taken_unless_said_otherwise() -> None:
    assert load(GOOD).read_only is False
    assert load({**GOOD, "CAREPLANE_READ_ONLY": "true"}).read_only is True


def test_all_interfaces_in_a_container_only() -> None:
    assert load({**GOOD, "K_SERVICE": "riverside"}).address == "0.0.0.0"
    assert (
        load({**GOOD, "K_SERVICE": "riverside", "GCE_METADATA_HOST": "127.0.0.1:17100"}).address
        == "127.0.0.1"
    )


def test_overridden_endpoints() -> None:
    ends = load({**GOOD, "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS": "http://127.0.0.1:17006/"}).endpoints
    assert ends.root("cloudkms") == "http://127.0.0.1:17006" and ends.overridden == {"cloudkms"}


@pytest.mark.parametrize("key", sorted(GOOD))
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(SettingsError, match=f"^{key} is not set; allowed: ") as error:
        load({name: value for name, value in GOOD.items() if name != key})
    assert error.value.key == key


@pytest.mark.parametrize(
    "key, value",
    [
        ("CAREPLANE_PROFILE", "cheap"),
        ("CAREPLANE_TENANT", "River_side"),
        ("CAREPLANE_TENANT", "-a"),
        ("CAREPLANE_FHIR_STORE", "ehr"),
        ("CAREPLANE_TOKEN_KEY", "projects/p/secrets/x"),
        ("CAREPLANE_BASE_URL", "riverside.example.org"),
        ("CAREPLANE_BASE_URL", "https://riverside.example.org/fhir"),
        ("CAREPLANE_TOKEN_SECONDS", "86400"),
        ("CAREPLANE_LOG_LEVEL", "loud"),
        ("CAREPLANE_READ_ONLY", "yes"),
        ("CAREPLANE_ENCRYPTED_SYSTEMS", "us ssn"),
        ("CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN", "127.0.0.1:1"),
        ("PORT", "http"),
        ("PORT", "70000"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(key: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{key} is '.*'; allowed: ."):
        load({**GOOD, key: value})


def test_grants_need_little() -> None:
    few = {
        name: GOOD[name]
        for name in ("CAREPLANE_DATABASE_HOST", "CAREPLANE_DATABASE", "CAREPLANE_DATABASE_USER")
    }
    with pytest.raises(SettingsError, match="CAREPLANE_ADMIN_USER"):
        load_grants(few)
    grants = load_grants({**few, "CAREPLANE_ADMIN_USER": "sql-admin@cell.iam"})
    assert (grants.database.user, grants.tenant_user) == ("sql-admin@cell.iam", "tenant-riverside@p.iam")
    assert not grants.append_only
    trail = {**few, "CAREPLANE_ADMIN_USER": "sql-admin@cell.iam", "CAREPLANE_DATABASE_RIGHTS": "append"}
    assert load_grants(trail).append_only
    with pytest.raises(SettingsError, match="CAREPLANE_DATABASE_RIGHTS is 'all'; allowed: own, append"):
        load_grants({**trail, "CAREPLANE_DATABASE_RIGHTS": "all"})
