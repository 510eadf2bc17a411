"""Drills that prove recovery by measurement, and the operators' runbooks."""
