"""Addresses in bodies and headers: the store's own become the tenant's, and back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rewrite:
    """`store` are the base URLs that the store writes; the first is the one it is asked by."""

    store: tuple[str, ...]
    fhir_url: str

    def outward(self, body: bytes) -> bytes:
        for address in self.store:
            if address.encode() in body:
                body = body.replace(address.encode(), self.fhir_url.encode())
        return body

    def inward(self, body: bytes) -> bytes:
        """References to this server stay references to the store's own resources."""
        return body.replace(f"{self.fhir_url}/".encode(), f"{self.store[0]}/".encode())
