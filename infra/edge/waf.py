"""Cloud Armor's preconfigured rules (OWASP Core Rule Set 3.3), each one enforcing. Check 48.

`methodenforcement` is not among them: it takes PUT, PATCH and DELETE, which FHIR needs, for attacks. The
policy refuses other methods itself. https://cloud.google.com/armor/docs/waf-rules
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.errors import ConfigError

RULES = {
    "sqli": "sqli-v33-stable",
    "xss": "xss-v33-stable",
    "lfi": "lfi-v33-stable",
    "rfi": "rfi-v33-stable",
    "rce": "rce-v33-stable",
    "scanner": "scannerdetection-v33-stable",
    "protocol": "protocolattack-v33-stable",
    "php": "php-v33-stable",
    "session": "sessionfixation-v33-stable",
    "java": "java-v33-stable",
    "nodejs": "nodejs-v33-stable",
    "cve": "cve-canary",
}
SENSITIVITY = 1
"""Of 4 paranoia levels the one without known false positives; 2 and above need `opt_out` for FHIR's texts."""
HIGHEST = {"cve-canary": 3}


@dataclass(frozen=True)
class WafRule:
    """One preconfigured set. `opt_out` are signatures left out, e.g. `owasp-crs-v030301-id942432-sqli`.

    `preview` only logs: it needs a `waiver`, the sentence that says why and until when.
    """

    name: str
    sensitivity: int = SENSITIVITY
    opt_out: tuple[str, ...] = ()
    preview: bool = False
    waiver: str = ""

    def __post_init__(self) -> None:
        if self.name not in RULES:
            raise ConfigError("waf", self.name, RULES)
        highest = HIGHEST.get(RULES[self.name], 4)
        if not 1 <= self.sensitivity <= highest:
            raise ConfigError(f"waf.{self.name}.sensitivity", self.sensitivity, f"1 to {highest}")
        if self.preview and not self.waiver.strip():
            raise ConfigError(
                f"waf.{self.name}.preview", True, "False, or a waiver that says why and until when"
            )
        for signature in self.opt_out:
            if not re.fullmatch(r"[a-z0-9-]+", signature):
                raise ConfigError(f"waf.{self.name}.opt_out", signature, "ids of signatures")

    @property
    def expression(self) -> str:
        left_out = ", ".join(f"'{each}'" for each in self.opt_out)
        options = f"'sensitivity': {self.sensitivity}"
        if left_out:
            options += f", 'opt_out_rule_ids': [{left_out}]"
        return f"evaluatePreconfiguredWaf('{RULES[self.name]}', {{{options}}})"

    @property
    def description(self) -> str:
        return f"Preview: {self.waiver.strip()}" if self.preview else f"OWASP: {self.name}"


def all_rules(changed: tuple[WafRule, ...] = ()) -> tuple[WafRule, ...]:
    """Every set, in a fixed order; those of `changed` in place of the default ones."""
    by_name = {rule.name: rule for rule in changed}
    if len(by_name) < len(changed):
        raise ConfigError("waf", [rule.name for rule in changed], "each set once")
    return tuple(by_name.get(name, WafRule(name)) for name in RULES)
