"""The Healthcare API's own parts: FHIR stores on PostgreSQL, HL7v2 messages, keys, notifications."""
