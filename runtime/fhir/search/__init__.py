"""Search: a query string becomes criteria, criteria become one SQL statement, rows become a bundle.

https://hl7.org/fhir/R4/search.html
"""
