from __future__ import annotations

import pytest

from infra.edge.domain import require_domain, require_host, require_name
from infra.errors import ConfigError


@pytest.mark.parametrize(
    "given",
    [
        "careplane",
        "https://eu.careplane.example",
        "*.careplane.example",
        "eu.careplane.example.",
        "EU.example",
        "a_b.example",
        "-a.example",
        "",
        "10.0.0.1",
        f"{'a' * 64}.example",
        ".".join(["a" * 60] * 5),
    ],
)
def test_no_domain_name(given: str) -> None:
    with pytest.raises(ConfigError, match=r"eu\.careplane\.example"):
        require_domain(given)


def test_domain_names() -> None:
    assert require_domain("eu.careplane.example") == "eu.careplane.example"
    assert require_domain("1a.xn--bcher-kva.example") == "1a.xn--bcher-kva.example"


def test_host_is_one_label_and_a_name_begins_with_a_letter() -> None:
    assert require_host("hosts", "2nd-clinic") == "2nd-clinic"
    with pytest.raises(ConfigError, match="one label"):
        require_host("hosts", "a.b")
    with pytest.raises(ConfigError, match="beginning with a letter"):
        require_name("name", "2nd-clinic")
