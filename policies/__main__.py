"""The room's command line; the engine runs `policies/pack/` instead."""

import sys

from policies.cli import main

sys.exit(main())
