"""Behaviours of their own, one module per Google API; everything else is generic."""
