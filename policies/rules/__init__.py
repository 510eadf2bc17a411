"""The checks, a module per family; importing this package registers all of them."""

from policies.rules import access, boundary, contingency, encryption, residency

__all__ = ["access", "boundary", "contingency", "encryption", "residency"]
