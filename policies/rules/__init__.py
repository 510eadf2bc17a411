"""The checks, a module per family; importing this package registers all of them."""

from policies.rules import (
    access,
    boundary,
    contingency,
    drills,
    encryption,
    integrity,
    residency,
    tenants,
)

__all__ = ["access", "boundary", "contingency", "drills", "encryption", "integrity", "residency", "tenants"]
