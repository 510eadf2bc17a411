"""Control references shared by a family of checks.

Identifiers are those of `policies/frameworks`: HIPAA (45 CFR 164), NIST SP 800-53 r5, SOC 2 TSC, GDPR
articles, HITRUST CSF, ONC (45 CFR 170.315), CIS Google Cloud Foundations 4.0 and ISO/IEC 27001:2022 Annex A.
HITRUST, ONC, GDPR and ISO assignments are Careplane's own reading; a compliance reader has to confirm them.
"""

from __future__ import annotations

from policies.rule import Controls


def also(family: Controls, **more: tuple[str, ...]) -> Controls:
    """The family's references and a check's own, by framework."""
    return {name: (*family.get(name, ()), *more.get(name, ())) for name in {**family, **more}}


def with_cis(family: Controls, *cis: str) -> Controls:
    return also(family, cis=cis)


ENCRYPTION: Controls = {
    "hipaa": ("164.312(a)(2)(iv)",),
    "nist": ("SC-12", "SC-28"),
    "soc2": ("CC6.1",),
    "gdpr": ("32(1)(a)",),
    "hitrust": ("06.d", "10.g"),
    "iso27001": ("A.8.24",),
}
TRANSIT: Controls = {
    "hipaa": ("164.312(e)(1)", "164.312(e)(2)(i)", "164.312(e)(2)(ii)"),
    "nist": ("SC-8",),
    "soc2": ("CC6.7",),
    "gdpr": ("32(1)(a)",),
    "onc": ("(g)(10)(iv)", "(d)(9)"),
    "iso27001": ("A.5.14", "A.8.24"),
}
ACCESS: Controls = {
    "hipaa": ("164.308(a)(3)(i)", "164.308(a)(4)(i)", "164.312(a)(1)", "164.312(d)"),
    "nist": ("AC-3", "AC-5", "AC-6"),
    "soc2": ("CC6.1", "CC6.3"),
    "gdpr": ("25", "32"),
    "hitrust": ("01.c", "01.v"),
    "iso27001": ("A.5.15", "A.5.18", "A.8.2", "A.8.3"),
}
BOUNDARY: Controls = {
    "hipaa": ("164.312(e)(1)",),
    "nist": ("SC-7",),
    "soc2": ("CC6.6",),
    "hitrust": ("01.m", "01.n", "01.o", "09.m"),
    "iso27001": ("A.8.20", "A.8.22"),
}
AUDIT: Controls = {
    "hipaa": ("164.312(b)", "164.308(a)(1)(ii)(D)"),
    "nist": ("AU-2", "AU-6", "AU-9", "AU-11", "AU-12"),
    "soc2": ("CC7.2",),
    "gdpr": ("30", "33"),
    "hitrust": ("09.aa", "09.ab", "09.ac"),
    "onc": ("(d)(2)", "(d)(3)"),
    "iso27001": ("A.8.15", "A.8.16"),
}
CONTINGENCY: Controls = {
    "hipaa": (
        "164.308(a)(7)(ii)(A)",
        "164.308(a)(7)(ii)(B)",
        "164.308(a)(7)(ii)(C)",
        "164.308(a)(7)(ii)(D)",
    ),
    "nist": ("CP-4", "CP-9", "CP-10"),
    "soc2": ("A1.2", "A1.3"),
    "gdpr": ("32(1)(b)", "32(1)(c)", "32(1)(d)"),
    "hitrust": ("09.l", "12.c"),
    "iso27001": ("A.5.30", "A.8.13", "A.8.14"),
}
INTEGRITY: Controls = {
    "hipaa": ("164.312(c)(1)",),
    "nist": ("SI-7",),
    "gdpr": ("5(1)(f)",),
    "onc": ("(d)(8)",),
    "iso27001": ("A.8.26",),
}
RESIDENCY: Controls = {
    "hipaa": ("164.308(b)(1)",),
    "nist": ("SA-9(5)",),
    "gdpr": ("44", "45", "46"),
    "iso27001": ("A.5.23", "A.5.34"),
}
