"""Careplane's infrastructure: one folder a Google product, `stack/` assembles, `program/` is run."""
