"""What drills do and measure; importing this package registers every activity."""

from runbooks.actions import isolation, pitr, writing

__all__ = ["isolation", "pitr", "writing"]
