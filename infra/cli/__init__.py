"""`python -m infra`: the stacks of a place, in order, through the real Pulumi CLI."""
