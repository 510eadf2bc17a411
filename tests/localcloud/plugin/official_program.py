"""The official program, made to fit a cloud that enforces what Google enforces.

The recordings came from a server that let everything pass. localcloud refuses a key that its service
agent may not use, a region outside the policy, a caller outside the perimeter, and an image that is
not there: so agents get their grants, and the policy, the perimeter and the service give way.
"""

from __future__ import annotations

import re

_AGENTS = (
    "service-123456789012@gcp-sa-healthcare",
    "service-123456789012@gcp-sa-cloud-sql",
    "service-123456789012@gcp-sa-pubsub",
    "service-123456789012@gs-project-accounts",
    "service-123456789012@gcp-sa-secretmanager",
    "service-123456789012@gcp-sa-artifactregistry",
    "service-123456789012@cloud-redis",
    "bq-123456789012@bigquery-encryption",
)

_GRANTS = f"""
grants = [
    gcp.kms.CryptoKeyIAMMember(
        f"agent{{n}}", crypto_key_id=key.id, role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
        member=f"serviceAccount:{{agent}}.iam.gserviceaccount.com")
    for n, agent in enumerate({_AGENTS!r})
]
usable = pulumi.Output.all(key.id, *[grant.id for grant in grants]).apply(lambda ids: ids[0])
"""


def enforceable(program: str) -> str:
    program = re.sub(r"^svc = .*?^(?=inv = )", "", program, flags=re.S | re.M)
    program = re.sub(r"^inv = .*\n", "", program, flags=re.M).replace("svc.name", '"riverside"')
    for services in ('["healthcare.googleapis.com", "storage.googleapis.com"]', '["storage.googleapis.com"]'):
        program = program.replace(services, '["translate.googleapis.com"]')
    program = program.replace("in:europe-west3-locations", "in:eu-locations")
    program = program.replace('"deletion_protection_enabled": True', '"deletion_protection_enabled": False')
    head, _, tail = program.partition("keyiam =")
    own, _, rest = tail.partition("\n")
    return f"{head}keyiam ={own}\n{_GRANTS}\n{rest.replace('key.id', 'usable')}"
