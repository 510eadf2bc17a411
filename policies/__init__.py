"""Healthcare controls as code: rules, frameworks, waivers and reports."""

VERSION = "0.1.0"
"""Of the pack, as `policies/pack/PulumiPolicy.yaml` has it."""
