"""A FHIR R4 store on PostgreSQL: one database and one role for each store.

`service.FhirService` is the whole of it for a caller: requests in, answers out, from any thread.
"""
