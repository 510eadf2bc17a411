"""A Pulumi resource provider named `gcp` that speaks only to localcloud.

It sends the requests that the published provider would send for the same program; what a type needs
beyond its property names (`names.json`) is a row in `types/<product>.py`.
"""
