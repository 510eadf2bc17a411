"""Identifier values of configured systems: encrypted at rest, still searchable."""
