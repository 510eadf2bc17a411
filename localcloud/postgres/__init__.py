"""Real PostgreSQL servers on loopback addresses of their own, run as an unprivileged user."""
