"""Reports made for the tests: small ones with every verdict, and large ones."""

from __future__ import annotations

from datetime import date

from evidence.signature import Signer
from policies.coverage import FrameworkCoverage, coverage
from policies.framework import load_all
from policies.report.known import rules
from policies.result import Finding, Judged, Report, Verdict
from policies.waivers import Waiver

AT = "2026-11-25T14:00:00+00:00"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOPIC = "gcp:pubsub/topic:Topic"
NOTE = "sam@example.org until 2027-01-31: replaced in the spring (OPS-12)"
WAIVER = Waiver(
    rule="topic-cmek", resource="old", owner="sam@example.org", reason="replaced in the spring",
    compensating_control="No patient data is sent to it.", ticket="OPS-12", expires=date(2027, 1, 31),
)  # fmt: skip


def judged(stack: str, resources: int = 3) -> Judged:
    return Judged(stack, "saas", "eu", "tenant", "ab" * 32, resources, (("gcp:dns/policy:Policy", 2),))


def urn(stack: str, token: str, name: str) -> str:
    return f"urn:pulumi:{stack}::careplane::{token}::{name}"


def finding(
    verdict: Verdict, name: str = "events", stack: str = "eu-tenant-a", rule: str = "topic-cmek", **more: str
) -> Finding:
    known = rules()[rule]
    about = {"urn": urn(stack, TOPIC, name), "type": TOPIC, "stack": stack, "resource": name, **more}
    if verdict is Verdict.PASSED:
        about = {"message": known.title, **about}
    elif verdict is Verdict.UNPROVEN:
        about = {"message": "kmsKeyName is not known yet", "path": "kmsKeyName", **about}
    elif verdict is Verdict.NOT_APPLICABLE:
        about = {"message": "holds no patient data", **about}
    else:
        wrong = {"message": f"kmsKeyName is absent. {known.remedy}", "path": "kmsKeyName", "seen": "None"}
        about = {**wrong, **about}
    if verdict is Verdict.WAIVED:
        about = {"waiver": NOTE, **about}
    return Finding(rule=rule, verdict=verdict, **about)


def report(*findings: Finding, stacks: tuple[str, ...] = ("eu-tenant-a",), at: str = AT) -> Report:
    return Report(tuple(map(judged, stacks)), at, COMMIT, "0.1.0", findings, (WAIVER,))


def every_verdict() -> Report:
    """One finding of each verdict, and one without a resource."""
    nothing = Finding(
        "sql-cmek", "", "", Verdict.NOT_APPLICABLE, "no resource of type x", stack="eu-tenant-a"
    )
    return report(
        finding(Verdict.FAILED, "events"),
        finding(Verdict.UNPROVEN, "later"),
        finding(Verdict.WAIVED, "old"),
        finding(Verdict.PASSED, "good"),
        finding(Verdict.NOT_APPLICABLE, "none"),
        nothing,
    )


def covered(of: Report) -> tuple[FrameworkCoverage, ...]:
    return coverage(of, load_all())


def large(resources: int, per_resource: int = 6) -> Report:
    """Findings as a large platform has them: nine of ten pass, over every rule and 25 stacks."""
    verdicts = [Verdict.PASSED] * 27 + [Verdict.FAILED, Verdict.UNPROVEN, Verdict.NOT_APPLICABLE]
    names, stacks = list(rules()), [f"eu-tenant-{index:03}" for index in range(25)]
    found = [
        finding(
            verdicts[(number * 7 + resource) % len(verdicts)],
            f"resource-{resource:05}",
            stacks[resource % len(stacks)],
            names[(resource * per_resource + number) % len(names)],
        )
        for resource in range(resources)
        for number in range(per_resource)
    ]
    return report(*found, stacks=tuple(stacks))


def signer(name: str = "projects/p/locations/l/keyRings/r/cryptoKeys/evidence/cryptoKeyVersions/1") -> Signer:
    """A key pair of this process, named as Cloud KMS names versions."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Signer(name, pem, lambda digest: key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
