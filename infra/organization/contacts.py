"""Whom Google writes to: Essential Contacts, by category.

https://cloud.google.com/resource-manager/docs/managing-notification-contacts
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import essentialcontacts

from infra.errors import ConfigError
from infra.organization.parent import require_parent

CATEGORIES = (
    "ALL",
    "BILLING",
    "LEGAL",
    "PRODUCT_UPDATES",
    "SECURITY",
    "SUSPENSION",
    "TECHNICAL",
    "TECHNICAL_INCIDENTS",
)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True)
class ContactsArgs:
    """`contacts` maps an address to its categories; `parent` is organizations/N, folders/N or projects/ID.

    GDPR 33 and HIPAA 164.308(a)(6) need somebody to be told: SECURITY must have a contact.
    """

    parent: pulumi.Input[str]
    contacts: Mapping[str, tuple[str, ...]]
    language: str = "en"

    def __post_init__(self) -> None:
        require_parent("parent", self.parent)
        for email, categories in self.contacts.items():
            if not _EMAIL.fullmatch(email):
                raise ConfigError("contacts", email, "e-mail addresses")
            for category in categories or (None,):
                if category not in CATEGORIES:
                    raise ConfigError(f"contacts: {email}", category, CATEGORIES)
        told = {category for categories in self.contacts.values() for category in categories}
        if not {"ALL", "SECURITY"} & told:
            raise ConfigError(
                "contacts", ", ".join(sorted(told)) or None, "a contact for SECURITY, or for ALL"
            )


class Contacts(pulumi.ComponentResource):
    def __init__(self, name: str, args: ContactsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("careplane:organization:Contacts", name, {}, opts)
        for email, categories in args.contacts.items():
            essentialcontacts.Contact(
                f"{name}-{email}",
                parent=args.parent,
                email=email,
                language_tag=args.language,
                notification_category_subscriptions=list(categories),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
