"""What a person can do now: each tenant's address, a token, three commands."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from infra.cli.places import Stack
from infra.cli.pulumi import Pulumi

Row = dict[str, Any]

PYTHON = ".venv/bin/python"
"""What is printed can be pasted into any shell in the checkout, whatever its `python` is."""


def rows(pulumi: Pulumi, stacks: list[Stack], rehearsed: bool = False) -> list[Row]:
    """One row a tenant that is up; at a rehearsal nobody serves its host's name: nothing to try."""
    tenants = [stack for stack in stacks if stack.kind == "tenant"]
    outputs = [pulumi.outputs(stack.name) for stack in tenants]
    return [
        {
            "tenant": each["tenant"],
            "fhirUrl": each["fhirUrl"],
            "token": "" if rehearsed else _token(each["tenant"]),
            "try": [] if rehearsed else _commands(each),
        }
        for each in outputs
        if each.get("fhirUrl")
    ]


def _token(tenant: str) -> str:
    return f"{PYTHON} -m localcloud token --tenant {tenant}"


def _commands(outputs: dict[str, Any]) -> list[str]:
    bearer = f'-H "Authorization: Bearer $({_token(outputs["tenant"])})"'
    fhir = outputs["fhirUrl"]
    patient = '{"resourceType":"Patient","name":[{"family":"Doe","given":["Jane"]}]}'
    return [
        f"curl -s {outputs['baseUrl']}/.well-known/smart-configuration",
        f"curl -s {bearer} -H 'Content-Type: application/fhir+json' -d '{patient}' {fhir}/Patient",
        f"curl -s {bearer} '{fhir}/Patient?family=Doe'",
    ]


def text(found: list[Row]) -> str:
    """The rows as columns, then the commands of each tenant."""
    head = {"tenant": "TENANT", "fhirUrl": "FHIR URL", "token": "TOKEN"}
    width = {key: max(len(str(row[key])) for row in [head, *found]) for key in head}
    lines = ["  ".join(str(row[key]).ljust(width[key]) for key in head).rstrip() for row in [head, *found]]
    for row in filter(itemgetter("try"), found):
        lines += ["", f"Try {row['tenant']}:", *(f"  {command}" for command in row["try"])]
    return "\n".join(lines)
