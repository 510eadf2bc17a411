"""The addresses that this place's stack files name: whether they are ours, and making them so."""

from __future__ import annotations

import re
from pathlib import Path

from localcloud.cli.errors import CliError
from localcloud.ports import APIS
from localcloud.settings import LocalSettings

_LINE = re.compile(r"^(?P<key>\s+gcp:\w+CustomEndpoint):[ \t]+(?P<url>\S+)[ \t]*$", re.MULTILINE)


class OtherPorts(CliError):
    """A stack file sends requests somewhere else than where this local cloud listens."""

    exit_code = 2

    def __init__(self, path: Path, key: str, given: str, ours: str) -> None:
        super().__init__(
            f"{path.name}: {key} is {given}, but here it is {ours} (CAREPLANE_PORT_BASE); to write"
            " these ports into the stack files: .venv/bin/python -m localcloud endpoints --write-stacks"
        )


def endpoints(settings: LocalSettings) -> dict[str, str]:
    """The provider's custom endpoint keys and their values."""
    return {f"gcp:{key}": settings.url(api.name) + path for api in APIS for key, path in api.endpoints}


def files(settings: LocalSettings) -> list[Path]:
    return sorted((settings.root / "stacks").glob("Pulumi.local-*.yaml"))


def check(settings: LocalSettings, paths: list[Path]) -> None:
    """Raise OtherPorts for the first endpoint that is not ours."""
    ours = endpoints(settings)
    for path in paths:
        for found in _LINE.finditer(path.read_text()):
            key, given = found["key"].strip(), found["url"]
            if given != ours.get(key, given):
                raise OtherPorts(path, key, given, ours[key])


def write(settings: LocalSettings, paths: list[Path]) -> list[Path]:
    """Put our endpoints in place of theirs, leaving all else alone; the files that changed."""
    ours = endpoints(settings)
    changed = []
    for path in paths:
        before = path.read_text()
        after = _LINE.sub(
            lambda found: f"{found['key']}: {ours.get(found['key'].strip(), found['url'])}", before
        )
        after = _completed(after, ours)
        if after != before:
            path.write_text(after)
            changed.append(path)
    return changed


def _completed(text: str, ours: dict[str, str]) -> str:
    """A file that names endpoints names all of them, each new one before the next in order."""
    lines = text.splitlines(keepends=True)
    for key in sorted(ours):
        named = {n: found["key"].strip() for n, line in enumerate(lines) if (found := _LINE.match(line))}
        if named and key not in named.values():
            place = next((n for n, other in named.items() if other > key), max(named) + 1)
            lines.insert(place, f"  {key}: {ours[key]}\n")
    return "".join(lines)
