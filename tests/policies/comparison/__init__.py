"""Ours and checkov's verdicts on the same Terraform plans, side by side."""
