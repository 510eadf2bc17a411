"""Notifications of the FHIR store."""
