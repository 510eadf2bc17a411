"""The room's command line."""

import sys

from runbooks.cli import main

sys.exit(main())
