from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.organization.approval import AccessApproval, AccessApprovalArgs
from infra.organization.parent import Place
from tests.infra.engine import declare


@pytest.mark.parametrize(
    ("place", "on"),
    [
        (Place(organization="111"), {"organizationId": "111"}),
        (Place(folder="folders/77"), {"folderId": "77"}),
        (Place(project="careplane-cell"), {"projectId": "careplane-cell"}),
    ],
)
def test_every_product_asks(place: Place, on: dict[str, str]) -> None:
    args = AccessApprovalArgs(place, ("privacy@example.org",))
    settings = declare(lambda: AccessApproval("a", args) and None).one("AccessApprovalSettings")
    assert settings.inputs == {
        **on,
        "enrolledServices": [{"cloudProduct": "all"}],
        "notificationEmails": ["privacy@example.org"],
    }


@pytest.mark.parametrize(
    ("place", "emails", "products", "named"),
    [
        (Place(organization="111"), (), ("all",), "emails: 0 is not allowed; allowed: 1 to 50"),
        (Place(organization="111"), ("a@b.org",) * 51, ("all",), "emails: 51"),
        (
            Place(organization="111"),
            ("a@b.org",),
            ("run",),
            "products: 'run' is not allowed; allowed: all, app",
        ),
        (Place(organization="111"), ("a@b.org",), (), "products: nothing was given"),
        (Place(folder="folders/77"), ("a@b.org",), ("storage.googleapis.com",), "allowed: all$"),
    ],
)
def test_refused(place: Place, emails: tuple[str, ...], products: tuple[str, ...], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        AccessApprovalArgs(place, emails, products)
