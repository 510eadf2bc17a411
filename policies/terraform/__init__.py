"""Terraform plans of Google resources, judged by the same rules."""
