"""Operational tables: what the runtime itself must remember. No patient data in clear."""
