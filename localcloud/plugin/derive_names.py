"""Derives `names.json`: which properties each supported type has, and what Terraform calls them.

Run after a change of the SDK's version or of the supported types:

    python -m localcloud.plugin.derive_names path/to/bridge-metadata.json

Sources, all Apache-2.0: the classes of the `pulumi_gcp` package that is installed, read as text;
`bridge-metadata.json` of https://github.com/pulumi/pulumi-gcp (provider/cmd/pulumi-resource-gcp); and,
to tell which of two spellings Google has, the discovery documents in `google-api-python-client`.
"""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from localcloud.plugin.catalogue import kind_of, tokens
from localcloud.ports import APIS

Tree = dict[str, Any]
"""Property key (`name`, `name=restName`, with `!` when required) to its kind."""

_SCALARS = {"str": "s", "int": "i", "float": "n", "bool": "b", "Any": "a"}
_TARGET = Path(__file__).with_name("names.json")


def main(metadata_file: str) -> int:
    text = derived(Path(metadata_file))
    _TARGET.write_text(text)
    print(f"{_TARGET.name}: {_TARGET.stat().st_size // 1024} KiB")
    return 0


def derived(metadata_file: Path) -> str:
    """The text of `names.json`."""
    resources = json.loads(metadata_file.read_text())["auto-aliasing"]["resources"]
    terraform = {entry["current"]: (name, entry.get("fields", {})) for name, entry in resources.items()}
    types = {
        token: derive(token, *terraform[token], google_names(kind_of(token).api))
        for token in sorted(tokens())
    }
    return render(types, sorted(provider_keys()))


def render(types: dict[str, Tree], config: list[str]) -> str:
    """One line a type, so that a change of one shows as one changed line."""
    version = importlib.metadata.version("pulumi-gcp")
    source = (
        f"pulumi-gcp {version}: SDK classes and bridge-metadata.json; https://github.com/pulumi/pulumi-gcp"
    )
    lines = [
        f"  {json.dumps(token)}: {json.dumps(tree, separators=(',', ':'))}" for token, tree in types.items()
    ]
    head = {"source": source, "licence": "Apache-2.0", "version": version, "config": config}
    body = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items())
    return "{\n" + body + ',\n "types": {\n' + ",\n".join(lines) + "\n }\n}\n"


def derive(token: str, terraform: str, fields: Tree, google: frozenset[str]) -> Tree:
    """What `names.json` holds of one type."""
    folder = _sdk() / re.sub(r"/.*", "", token.split(":")[1]).lower()
    resource, args, secrets = _classes(folder, token)
    inputs = _tree(folder, args, fields, google)
    outputs = _tree(
        folder, {name: kind for name, kind in resource.items() if name not in args}, fields, google
    )
    return {"terraform": terraform, "inputs": inputs, "outputs": outputs, "secrets": secrets}


@cache
def google_names(endpoint: str) -> frozenset[str]:
    """Every property name in an API's discovery documents."""
    import googleapiclient

    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    found: set[str] = set()
    for api in (api for api in APIS if any(key == f"{endpoint}CustomEndpoint" for key, _ in api.endpoints)):
        for file in (folder / f"{api.name}.{version}.json" for version in api.versions):
            _collect(json.loads(file.read_text())["schemas"] if file.exists() else {}, found)
    return frozenset(found)


def _collect(schema: Any, found: set[str]) -> None:
    if isinstance(schema, dict):
        found.update(schema["properties"] if isinstance(schema.get("properties"), dict) else ())
        for value in schema.values():
            _collect(value, found)


def provider_keys() -> list[str]:
    """Every key that the provider itself may be configured with."""
    module = _parse(_sdk() / "provider.py")
    return list(_getters(_class(module, "ProviderArgs")))


@cache
def _sdk() -> Path:
    spec = importlib.util.find_spec("pulumi_gcp")
    if spec is None or spec.origin is None:
        raise SystemExit("pulumi_gcp is not installed")
    return Path(spec.origin).parent


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _class(module: ast.Module, name: str) -> ast.ClassDef:
    return next(n for n in module.body if isinstance(n, ast.ClassDef) and n.name == name)


def _classes(folder: Path, token: str) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """Properties of the resource class and of its arguments, and the outputs it declares secret."""
    path = next(p for p in folder.glob("*.py") if f"            '{token}',\n" in p.read_text())
    text, module, name = path.read_text(), _parse(path), _class_name(token)
    found = re.search(r"additional_secret_outputs=(\[.*?\])", text)
    secrets = ast.literal_eval(found.group(1)) if found else []
    return _getters(_class(module, name)), _getters(_class(module, f"{name}Args")), secrets


def _class_name(token: str) -> str:
    """A token may end in a word that begins small (`entitlement:entitlement`), a class does not."""
    name = token.rsplit(":", 1)[1]
    return name[0].upper() + name[1:]


def _getters(cls: ast.ClassDef) -> dict[str, str]:
    """Wire name to annotation of every property that a class has."""
    found = {}
    for node in cls.body:
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            for decorator in node.decorator_list:
                if "pulumi.getter" in (text := ast.unparse(decorator)):
                    name = re.search(r"name='(\w+)'", text)
                    found[name.group(1) if name else node.name] = ast.unparse(node.returns)
    return found


def _tree(folder: Path, properties: dict[str, str], fields: Tree, google: frozenset[str]) -> Tree:
    tree: Tree = {}
    for name, annotation in properties.items():
        terraform = _terraform_name(name, fields)
        rest = name if name in google else _camel(terraform)
        key = name + (f"={rest}" if rest != name else "") + ("" if _optional(annotation) else "!")
        field = fields.get(terraform, {})
        kind = _kind(folder, annotation, field.get("elem", {}).get("fields", {}), google)
        tree[key] = (
            f"1{kind}" if isinstance(kind, str) and len(kind) == 1 and field.get("maxItemsOne") else kind
        )
    return tree


def _optional(annotation: str) -> bool:
    return "Optional[" in annotation.split("Sequence[")[0].split("Mapping[")[0]


def _kind(folder: Path, annotation: str, fields: Tree, google: frozenset[str]) -> Any:
    inner = annotation.replace("_builtins.", "")
    while found := re.fullmatch(r"(?:pulumi\.(?:Input|Output)|Optional|Union)\[(.*?)(?:, None)?\]", inner):
        inner = found.group(1)
    if found := re.fullmatch(r"Sequence\[(.*)\]", inner):
        kind = _kind(folder, found.group(1), fields, google)
        return f"[{kind}" if isinstance(kind, str) else [kind]
    if found := re.fullmatch(r"Mapping\[str, (.*)\]", inner):
        kind = _kind(folder, found.group(1), fields, google)
        return f"{{{kind}" if isinstance(kind, str) else {"*": kind}
    if found := re.fullmatch(r"'(?:outputs\.)?(\w+?)(?:Args)?'", inner):
        return _tree(folder, _nested(folder, found.group(1)), fields, google)
    return _SCALARS.get(inner, "a")


def _nested(folder: Path, name: str) -> dict[str, str]:
    """A nested class: what may be given first (it knows what is required), then what only comes back."""
    given = _optional_class(folder / "_inputs.py", f"{name}Args")
    return {**_optional_class(folder / "outputs.py", name), **given}


def _optional_class(path: Path, name: str) -> dict[str, str]:
    nodes = [n for n in _parse(path).body if isinstance(n, ast.ClassDef) and n.name == name]
    return _getters(nodes[0]) if nodes else {}


def _terraform_name(name: str, fields: Tree) -> str:
    """Lists are plural in Pulumi, and in Terraform as they come; the metadata knows which are lists."""
    for field, entry in fields.items():
        if not entry.get("maxItemsOne", True) and name in _plurals(_camel(field)) and name != _camel(field):
            return field
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda m: "_" + m.group(1).lower(), name)


def _plurals(name: str) -> set[str]:
    return {name, f"{name}s", f"{name}es", f"{name[:-1]}ies"}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
