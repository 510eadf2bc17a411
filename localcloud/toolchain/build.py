"""The Pulumi CLI built from the committed Go module: about three minutes on two cores, once a user."""

from __future__ import annotations

import shutil
from pathlib import Path

from localcloud.toolchain import go
from localcloud.toolchain.process import must
from localcloud.toolchain.progress import Progress
from localcloud.toolchain.versions import PULUMI

MODULE = Path(__file__).parent / "gomodule"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"


def build(bin_folder: Path, cache_root: Path) -> None:
    """Put `pulumi` into the folder. Needs the module proxy unless Go's own cache has everything."""
    compiler = go.obtain(cache_root)
    flags = f"-s -w -X {_VERSION_VARIABLE}=v{PULUMI}"
    command: list[str | Path] = [
        compiler,
        "build",
        "-trimpath",
        "-ldflags",
        flags,
        "-o",
        bin_folder / "pulumi",
        PACKAGE,
    ]
    # Without cgo no C compiler is needed; without a workspace nobody else's modules come in.
    # Go's drafts lie where an interrupted build is cleaned up.
    drafts = bin_folder.parent / "drafts"
    drafts.mkdir(exist_ok=True)
    env = {"CGO_ENABLED": "0", "GOWORK": "off", "GOTOOLCHAIN": "local", "GOTMPDIR": str(drafts)}
    with Progress(f"building Pulumi {PULUMI} from its Go modules (about 3 minutes the first time)"):
        must("build", command, cwd=MODULE, env=env)
    shutil.rmtree(drafts, ignore_errors=True)
