"""Publishes the records of one request; what cannot be published is refused."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from runtime.audit.record import MAX_REFERENCES, AuditRecord, Phase
from runtime.clients.pubsub import Publisher
from runtime.errors import AuditUnavailable, Unavailable
from runtime.interaction import Interaction

UNCERTAIN = "The change may have been made; that it was tried is recorded, its outcome could not be."


@dataclass
class Trail:
    """Filled in while the request is handled; `tell` sends what is known."""

    publisher: Publisher
    topic: str
    tenant: str
    request: str
    source: str
    interaction: str = "unknown"
    client: str | None = None
    type: str | None = None
    references: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    intended: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def about(self, interaction: Interaction) -> None:
        self.interaction, self.type, self.parameters = (
            interaction.name,
            interaction.type,
            interaction.parameters,
        )
        if interaction.id:
            self.references = (f"{interaction.type}/{interaction.id}",)

    async def intend(self) -> None:
        """Before a write: returns when it is known for good that it will be tried."""
        await self._publish("intent", None)
        self.intended = True

    async def tell(self, status: int) -> None:
        """Before the answer leaves."""
        try:
            await self._publish("outcome" if self.intended else "access", status)
        except AuditUnavailable as error:
            raise AuditUnavailable(UNCERTAIN) if self.intended and status < 400 else error from None

    async def _publish(self, phase: Phase, status: int | None) -> None:
        record = AuditRecord(
            id=self.id,
            phase=phase,
            time=datetime.now(UTC).isoformat(timespec="milliseconds"),
            tenant=self.tenant,
            interaction=self.interaction,
            request=self.request,
            source=self.source,
            client=self.client,
            type=self.type,
            references=self.references[:MAX_REFERENCES],
            parameters=self.parameters,
            status=status,
            more_references=max(0, len(self.references) - MAX_REFERENCES),
        )
        try:
            await self.publisher.publish(self.topic, record.canonical().encode())
        except Unavailable as error:
            raise AuditUnavailable from error
