"""`python -m infra`."""

from infra.cli.main import main

raise SystemExit(main())
