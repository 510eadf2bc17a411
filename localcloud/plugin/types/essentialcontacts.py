"""Essential Contacts: https://cloud.google.com/resource-manager/docs/reference/essentialcontacts/rest"""

from __future__ import annotations

from localcloud.plugin.kinds import Kind

KINDS = (
    Kind(
        token="gcp:essentialcontacts/contact:Contact",
        api="essentialContacts",
        path="{name}",
        collection="{parent}/contacts",
        replace=frozenset({"email"}),
    ),
)
