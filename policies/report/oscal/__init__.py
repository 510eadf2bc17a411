"""The report as five OSCAL documents, and the catalogue and profile that they refer to, by trestle's models.

Identifiers are UUIDs of version 5 made from content: the same report gives the same documents.
https://pages.nist.gov/OSCAL/
"""

from policies.report.oscal.documents import FILES, render

__all__ = ["FILES", "render"]
