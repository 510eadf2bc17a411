"""`python -m localcloud`: see `localcloud/cli/`, a file a subcommand."""

from __future__ import annotations

import sys

from localcloud.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
