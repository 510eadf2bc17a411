from __future__ import annotations

from infra.identity.federation import Federation, FederationArgs
from tests.infra.engine import declare


def test_tokens_need_the_condition() -> None:
    args = FederationArgs("p", "ci", "https://ci.example.org", "assertion.ref == 'main'")
    provider = declare(lambda: Federation("f", args) and None).one("WorkloadIdentityPoolProvider").inputs
    assert provider["attributeCondition"] == "assertion.ref == 'main'"
    assert provider["oidc"] == {"issuerUri": "https://ci.example.org"}
