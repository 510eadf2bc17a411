"""Commands of `python -m runtime`."""
