"""The local stack files name the ports of this place, or one sentence says how they come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.cli import stackfiles
from localcloud.settings import LocalSettings
from tests.localcloud.cli.places import ROOT

TEXT = """# A comment that stays.
config:
  gcp:project: careplane-cell
  gcp:kmsCustomEndpoint: http://127.0.0.1:17006/v1/
  gcp:sqlCustomEndpoint: http://127.0.0.1:17025/sql/v1beta4/
"""


def place(root: Path, port_base: int) -> LocalSettings:
    (root / "stacks").mkdir(exist_ok=True)
    (root / "stacks" / "Pulumi.local-cell.yaml").write_text(TEXT)
    (root / "stacks" / "Pulumi.acme-cell.yaml").write_text(TEXT)
    return LocalSettings(root, root / ".careplane" / "localcloud", port_base=port_base)


def test_other_ports_are_named_with_the_remedy(tmp_path: Path) -> None:
    settings = place(tmp_path, 18000)
    with pytest.raises(stackfiles.OtherPorts) as refused:
        stackfiles.check(settings, stackfiles.files(settings))
    assert "Pulumi.local-cell.yaml: gcp:kmsCustomEndpoint is http://127.0.0.1:17006/v1/" in str(refused.value)
    assert "http://127.0.0.1:18006/v1/" in str(refused.value) and "--write-stacks" in str(refused.value)
    assert refused.value.exit_code == 2


def test_writing_changes_the_endpoints_of_local_stacks_alone(tmp_path: Path) -> None:
    settings = place(tmp_path, 18000)
    assert [path.name for path in stackfiles.write(settings, stackfiles.files(settings))] == [
        "Pulumi.local-cell.yaml"
    ]
    stackfiles.check(settings, stackfiles.files(settings))
    folder = tmp_path / "stacks"
    written = (folder / "Pulumi.local-cell.yaml").read_text()
    assert written.startswith(TEXT.partition("  gcp:kms")[0])
    for line in TEXT.replace(":170", ":180").splitlines():
        assert line in written
    keys = [line.partition(": ")[0].strip() for line in written.splitlines() if "CustomEndpoint" in line]
    assert keys == sorted(stackfiles.endpoints(settings))
    assert (folder / "Pulumi.acme-cell.yaml").read_text() == TEXT
    assert stackfiles.write(settings, stackfiles.files(settings)) == []


def test_the_shipped_stack_files_name_the_default_ports() -> None:
    settings = LocalSettings(ROOT, ROOT / ".careplane" / "localcloud")
    shipped = stackfiles.files(settings)
    assert len(shipped) >= 5
    stackfiles.check(settings, shipped)
