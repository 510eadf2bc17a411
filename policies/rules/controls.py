"""Control references shared by a family of checks.

Identifiers follow HIPAA (45 CFR 164), NIST SP 800-53 r5, SOC 2 TSC, GDPR, HITRUST CSF v9 and
CIS Google Cloud Foundations 4.0. HITRUST and GDPR assignments are Careplane's own reading.
"""

from __future__ import annotations

from collections.abc import Mapping

Controls = Mapping[str, tuple[str, ...]]


def with_cis(family: Controls, *cis: str) -> Controls:
    return {**family, "cis": cis}


ENCRYPTION: Controls = {
    "hipaa": ("164.312(a)(2)(iv)",),
    "nist": ("SC-12", "SC-28"),
    "soc2": ("CC6.1",),
    "gdpr": ("32(1)(a)",),
    "hitrust": ("06.d", "10.g"),
}
ACCESS: Controls = {
    "hipaa": ("164.308(a)(3)(i)", "164.308(a)(4)", "164.312(a)(1)", "164.312(d)"),
    "nist": ("AC-3", "AC-5", "AC-6"),
    "soc2": ("CC6.1", "CC6.3"),
    "gdpr": ("25", "32"),
    "hitrust": ("01.c", "01.v"),
}
BOUNDARY: Controls = {
    "hipaa": ("164.312(e)(1)",),
    "nist": ("SC-7",),
    "soc2": ("CC6.6",),
    "hitrust": ("01.m", "01.n", "01.o", "09.m"),
}
CONTINGENCY: Controls = {
    "hipaa": ("164.308(a)(7)(ii)(A)", "164.308(a)(7)(ii)(B)"),
    "nist": ("CP-4", "CP-9", "CP-10"),
    "soc2": ("A1.2", "A1.3"),
    "gdpr": ("32(1)(b)", "32(1)(c)"),
    "hitrust": ("09.l", "12.c"),
}
RESIDENCY: Controls = {
    "hipaa": ("164.308(b)",),
    "nist": ("SA-9(5)",),
    "gdpr": ("44", "45", "46"),
}
