"""The report as five OSCAL documents, built from and validated by compliance-trestle's models.

Identifiers are UUIDs of version 5 made from content: the same report gives the same documents.
https://pages.nist.gov/OSCAL/
"""

from policies.report.oscal.documents import FILES, render

__all__ = ["FILES", "render"]
