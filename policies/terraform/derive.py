"""Derives `names.json.gz`: how the Terraform provider's blocks are called and shaped in Pulumi's gcp package.

Run by hand when pulumi-gcp moves on: `python -m policies.terraform.derive BRIDGE_METADATA`, with the file
`bridge-metadata.json` of the pulumi-gcp release (Apache-2.0). A list that Terraform allows only one item of
is an object in Pulumi; a list of many gets a plural name. Which of the two names is right is looked up in
the installed SDK, because the plural is made by rules that know exceptions.
"""

from __future__ import annotations

import gzip
import importlib
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policies.terraform.names import FILE, camel

_Table = dict[str, Any]


def _plural(name: str) -> str:
    if name.endswith("s") and not name.endswith(("ss", "us", "is")):
        return name
    if re.search(r"(s|x|z|ch|sh)$", name):
        return f"{name}es"
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}s"


def _sdk(token: str) -> frozenset[str]:
    """Every property name that the module of a resource knows, at any depth."""
    module = token.split(":")[1].split("/")[0]
    found: set[str] = set()
    for name in (module, f"{module}._inputs", f"{module}.outputs"):
        try:
            source = importlib.import_module(f"pulumi_gcp.{name}").__file__
        except ImportError:
            continue
        folder = Path(source or "")
        files = folder.parent.glob("*.py") if folder.name == "__init__.py" else [folder]
        for file in files:
            text = file.read_text()
            found.update(re.findall(r'name="([A-Za-z0-9]+)"', text))
            found.update(camel(each) for each in re.findall(r"def ([a-z0-9_]+)\(self\)", text))
    return frozenset(found)


def _fields(given: Mapping[str, Any], known: frozenset[str]) -> _Table:
    table: _Table = {}
    for name, about in given.items():
        one = bool(about.get("maxItemsOne"))
        inner = _fields((about.get("elem") or {}).get("fields") or {}, known)
        called = camel(name)
        plural = _plural(called)
        if not one and plural != called and (plural in known or called not in known):
            called = plural
        entry: _Table = {"one": 1} if one else {}
        if called != camel(name):
            entry["name"] = called
        if inner:
            entry["fields"] = inner
        if entry:
            table[name] = entry
    return table


def derive(metadata: Mapping[str, Any]) -> dict[str, _Table]:
    """By Terraform type: Pulumi's token, and the blocks whose name or shape differs."""
    modules: dict[str, frozenset[str]] = {}
    table: dict[str, _Table] = {}
    for type, about in sorted(metadata["auto-aliasing"]["resources"].items()):
        token = about["current"]
        module = token.split("/")[0]
        if module not in modules:
            modules[module] = _sdk(token)
        entry: _Table = {"token": token}
        if fields := _fields(about.get("fields") or {}, modules[module]):
            entry["fields"] = fields
        table[type] = entry
    return table


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m policies.terraform.derive BRIDGE_METADATA", file=sys.stderr)
        return 2
    table = derive(json.loads(Path(arguments[0]).read_text()))
    raw = json.dumps(table, sort_keys=True, separators=(",", ":")).encode()
    FILE.write_bytes(gzip.compress(raw, 9, mtime=0))
    print(f"{len(table)} types, {FILE.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
