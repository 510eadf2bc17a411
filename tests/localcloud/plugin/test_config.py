"""The endpoints are the only addresses there are."""

from __future__ import annotations

import pytest

from localcloud.plugin import config
from localcloud.plugin.config import ConfigError, MissingEndpoint

KMS = "kmsCustomEndpoint"


@pytest.mark.parametrize(
    "url",
    [
        "https://cloudkms.googleapis.com/v1/",
        "http://cloudkms.googleapis.com:80/v1/",
        "http://10.0.0.1:17006/v1/",
        "http://127.0.0.1.example.org:17006/v1/",
        "https://127.0.0.1:17006/v1/",
        "http://127.0.0.1/v1/",
        "http://127.0.0.1:17006/v1",
        "http://127.0.0.1:port/v1/",
        "",
    ],
)
def test_an_endpoint_that_is_not_loopback_is_refused_by_its_key(url: str) -> None:
    with pytest.raises(
        ConfigError, match=f"gcp:{KMS}: .* is not allowed; this plugin speaks only to localcloud"
    ) as caught:
        config.read({KMS: url}, {})
    assert (caught.value.key, caught.value.given) == (KMS, url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/v1/", "http://127.9.8.7:1/v1/", "http://localhost:1/v1/", "http://[::1]:1/"]
)
def test_loopback_is_allowed(url: str) -> None:
    assert config.read({KMS: url}, {}).endpoint("kms") == url


def test_without_any_endpoint_it_refuses() -> None:
    with pytest.raises(ConfigError, match="this plugin speaks only to localcloud"):
        config.read({"project": "p"}, {})


def test_an_endpoint_that_is_missing_is_named() -> None:
    with pytest.raises(
        MissingEndpoint, match="gcp:sqlCustomEndpoint is not set: this plugin speaks only to localcloud"
    ):
        config.read({KMS: "http://127.0.0.1:1/v1/"}, {}).endpoint("sql")


def test_the_token_comes_from_the_configuration_first() -> None:
    environ = {"GOOGLE_OAUTH_ACCESS_TOKEN": "from-environment"}
    endpoint = {KMS: "http://127.0.0.1:1/v1/"}
    assert config.read(endpoint, environ).token == "from-environment"
    assert config.read({**endpoint, "accessToken": "given"}, environ).token == "given"


def test_settings_that_are_objects_arrive_as_text() -> None:
    found = config.read({KMS: "http://127.0.0.1:1/v1/", "defaultLabels": '{"team": "x"}'}, {})
    assert found.labels == {"team": "x"}
