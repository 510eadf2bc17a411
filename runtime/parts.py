"""What an application is made of. `connect` makes the real parts; tests make their own."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from sqlalchemy import Engine

from runtime.address import Address, address_of
from runtime.clients.healthcare import FhirStore, HealthcareStore
from runtime.clients.identity import SQL_LOGIN, GoogleIdentity, Identity
from runtime.clients.kms import GoogleKms, Kms
from runtime.clients.logging import LogSink, StandardOutput
from runtime.clients.pubsub import GooglePublisher, GoogleSubscriber, Publisher, Subscriber
from runtime.clients.run import GoogleRun
from runtime.clients.secrets import GoogleSecrets, Secrets
from runtime.db.assertions import Assertions
from runtime.db.clients import Clients
from runtime.db.data_keys import DataKeyTable
from runtime.db.engine import make_engine
from runtime.db.exports import Exports
from runtime.db.idempotency import IdempotencyKeys
from runtime.fields.blind_key import BlindKey
from runtime.fields.cipher import Cipher
from runtime.fields.identifiers import Identifiers
from runtime.fields.keys import DataKeys
from runtime.metrics import Metrics
from runtime.settings import Database, Settings
from runtime.tokens.access import AccessTokens
from runtime.tokens.grant import ClientCredentials
from runtime.tokens.keys import TokenKeys
from runtime.tokens.revocation import Revocations
from runtime.tokens.throttle import Throttle

log = logging.getLogger("careplane.runtime")


@dataclass(frozen=True)
class Outside:
    """Everything beyond this process."""

    engine: Engine
    kms: Kms
    secrets: Secrets
    store: FhirStore
    audit_store: FhirStore
    publisher: Publisher
    events: Subscriber
    outbox: Subscriber
    log_sink: LogSink
    address: Address


@dataclass(frozen=True)
class Parts:
    settings: Settings
    outside: Outside
    clients: Clients
    credentials: ClientCredentials
    tokens: AccessTokens
    revocations: Revocations
    cipher: Cipher
    blind_key: BlindKey
    identifiers: Identifiers
    idempotency: IdempotencyKeys
    exports: Exports
    throttle: Throttle = field(default_factory=Throttle)
    metrics: Metrics = field(default_factory=Metrics)


def assemble(settings: Settings, outside: Outside) -> Parts:
    keys = TokenKeys(outside.kms, settings.token_key)
    tokens = AccessTokens(keys, settings.tenant, settings.token_seconds)
    clients = Clients(outside.engine)
    data_keys = DataKeys(outside.kms, settings.field_key, settings.tenant, DataKeyTable(outside.engine))
    cipher = Cipher(data_keys)
    blind_key = BlindKey(outside.secrets, settings.blind_index_secret, settings.tenant)
    return Parts(
        settings=settings,
        outside=outside,
        clients=clients,
        tokens=tokens,
        cipher=cipher,
        blind_key=blind_key,
        credentials=ClientCredentials(clients, Assertions(outside.engine), tokens),
        revocations=Revocations(clients.revoked),
        identifiers=Identifiers(settings.encrypted_systems, settings.tenant, cipher, blind_key.index),
        idempotency=IdempotencyKeys(outside.engine),
        exports=Exports(outside.engine),
    )


def connect(settings: Settings) -> Outside:
    """Google's services, by this service's own identity. Nothing is called yet."""
    identity, ends = GoogleIdentity(), settings.endpoints
    sql_identity = GoogleIdentity(SQL_LOGIN)
    return Outside(
        engine=make_engine(settings.database, sql_identity.token),
        kms=GoogleKms(identity, ends.root("cloudkms")),
        secrets=GoogleSecrets(identity, ends.root("secretmanager")),
        store=_store(settings.fhir_store, settings.database, settings, identity, sql_identity),
        audit_store=_store(settings.audit_store, settings.audit_database, settings, identity, sql_identity),
        publisher=GooglePublisher(identity, ends.pubsub_emulator),
        events=GoogleSubscriber(identity, ends.pubsub_emulator),
        outbox=GoogleSubscriber(identity, ends.pubsub_emulator),
        log_sink=StandardOutput({"tenant": settings.tenant}),
        address=address_of(settings, GoogleRun(identity, ends.root("run"))),
    )


def _store(
    name: str | None, database: Database | None, settings: Settings, identity: Identity, login: Identity
) -> FhirStore:
    """A store of the Healthcare API, or in profile `private` the runtime's own on a database."""
    if name is not None:
        return HealthcareStore(name, settings.endpoints.root("healthcare"), identity)
    assert database is not None, "settings give a store or a database"
    from runtime.clients.database_store import DatabaseStore

    return DatabaseStore(database, login.token, tells=database is settings.database)
