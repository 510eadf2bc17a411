"""FHIR Bulk Data Access: export of many resources at once (https://hl7.org/fhir/uv/bulkdata/STU2/export.html)."""
