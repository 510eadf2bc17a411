"""The public address of this service: told by settings, or asked of Cloud Run once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from runtime.clients.run import Services
from runtime.errors import Unavailable
from runtime.settings import Settings


class Address:
    """A service's `uri` does not exist while it is being created, so it is looked up on first use."""

    def __init__(self, given: str | None, look_up: Callable[[], str]) -> None:
        self._known = given
        self._look_up = look_up

    async def base_url(self) -> str:
        if self._known is None:
            self._known = (await asyncio.to_thread(self._look_up)).rstrip("/")
        return self._known

    async def fhir_url(self) -> str:
        return await self.base_url() + "/fhir"


def address_of(settings: Settings, services: Services) -> Address:
    def look_up() -> str:
        if settings.service is None:
            raise Unavailable(
                "The public address is unknown: neither CAREPLANE_BASE_URL nor K_SERVICE is set."
            )
        return services.uri(
            f"projects/{settings.project}/locations/{settings.location}/services/{settings.service}"
        )

    return Address(settings.base_url, look_up)
