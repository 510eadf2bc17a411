from __future__ import annotations

import pytest

from infra.errors import ConfigError
from infra.organization.contacts import Contacts, ContactsArgs
from tests.infra.engine import declare


def test_one_contact_an_address() -> None:
    args = ContactsArgs(
        "folders/77", {"security@example.org": ("SECURITY", "LEGAL"), "ops@example.org": ("TECHNICAL",)}, "de"
    )
    found = declare(lambda: Contacts("c", args) and None)
    assert len(found.of("Contact")) == 2
    assert found.one("Contact", "c-security@example.org").inputs == {
        "parent": "folders/77",
        "email": "security@example.org",
        "languageTag": "de",
        "notificationCategorySubscriptions": ["SECURITY", "LEGAL"],
    }


@pytest.mark.parametrize(
    ("parent", "contacts", "named"),
    [
        (
            "folders/77",
            {"a@b.org": ("SECURITY", "GOSSIP")},
            "contacts: a@b.org: 'GOSSIP'.*ALL, BILLING, LEGAL",
        ),
        ("folders/77", {"a@b.org": ()}, "contacts: a@b.org: nothing was given"),
        ("folders/77", {"nobody": ("SECURITY",)}, "contacts: 'nobody' is not allowed; allowed: e-mail"),
        (
            "folders/77",
            {"a@b.org": ("BILLING",)},
            "contacts: 'BILLING' is not allowed; allowed: a contact for S",
        ),
        ("folders/77", {}, "contacts: nothing was given"),
        ("77", {"a@b.org": ("ALL",)}, "parent: '77'"),
    ],
)
def test_refused(parent: str, contacts: dict[str, tuple[str, ...]], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        ContactsArgs(parent, contacts)
