"""The Pulumi CLI and what it needs to run Python programs against localcloud, found or made."""
