"""A tenant's runtime with everything outside it faked, and a client that speaks SMART to it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import Engine, StaticPool, create_engine

from runtime.address import Address
from runtime.app import build_app
from runtime.audit.record import AuditRecord
from runtime.clients.healthcare_fake import FakeStore
from runtime.clients.kms_fake import FakeKms
from runtime.clients.logging_fake import FakeLogging
from runtime.clients.pubsub_fake import FakePublisher, FakeSubscriber
from runtime.clients.secrets_fake import FakeSecrets
from runtime.db.clients import Clients
from runtime.db.tables import metadata, tenant
from runtime.parts import Outside
from runtime.settings import US_SSN, Database, Endpoints, Settings
from tests.runtime.http import Http, calling

FHIR = {"Content-Type": "application/fhir+json"}
SSN = "999-12-3456"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def make_settings(name: str = "riverside") -> Settings:
    parent = f"projects/careplane-{name}/locations/europe-west3"
    return Settings(
        tenant=name,
        project=f"careplane-{name}",
        location="europe-west3",
        profile="saas",
        fhir_store=f"{parent}/datasets/{name}/fhirStores/ehr",
        audit_store=f"{parent}/datasets/{name}-audit/fhirStores/audit",
        token_key=f"{parent}/keyRings/{name}/cryptoKeys/token",
        field_key=f"{parent}/keyRings/{name}/cryptoKeys/fields",
        blind_index_secret=f"projects/careplane-{name}/secrets/{name}-blind-index",
        database=Database("127.0.0.1", name, f"tenant-{name}@careplane-{name}.iam"),
        subscription=f"projects/careplane-{name}/subscriptions/{name}-fhir-runtime",
        audit_topic=f"projects/careplane-{name}/topics/{name}-audit",
        audit_subscription=f"projects/careplane-{name}/subscriptions/{name}-audit-runtime",
        endpoints=Endpoints({}, frozenset()),
        base_url=f"https://{name}.example.org",
    )


def memory_engine() -> Engine:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    metadata.create_all(engine)
    return engine


def patient(**more: Any) -> dict[str, Any]:
    identifier = [{"system": US_SSN, "value": SSN}, {"system": "urn:mrn", "value": "M-1"}]
    return {"resourceType": "Patient", "identifier": identifier, "name": [{"family": "Okafor"}], **more}


@dataclass
class World:
    """One tenant. `store`, `publisher`, … are the fakes that its runtime works with."""

    settings: Settings = field(default_factory=make_settings)
    engine: Engine = field(default_factory=memory_engine)
    kms: FakeKms = field(default_factory=FakeKms)
    secrets: FakeSecrets = field(default_factory=FakeSecrets)
    store: FakeStore = field(default_factory=FakeStore)
    audit_store: FakeStore = field(default_factory=FakeStore)
    publisher: FakePublisher = field(default_factory=FakePublisher)
    log_sink: FakeLogging = field(default_factory=FakeLogging)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "k1"}))

    def __post_init__(self) -> None:
        self.secrets.add(self.settings.blind_index_secret, b"ab" * 32)
        self.add_client("app", "system/*.cruds")
        with self.engine.begin() as connection:
            connection.execute(tenant.insert().values(name=self.settings.tenant))

    def add_client(self, client_id: str, scopes: str, key: ECKey | None = None) -> None:
        jwks = {"keys": [(key or self.key).as_dict(private=False)]}
        Clients(self.engine).add(client_id, jwks, scopes)

    def outside(self) -> Outside:
        return Outside(
            engine=self.engine,
            kms=self.kms,
            secrets=self.secrets,
            store=self.store,
            audit_store=self.audit_store,
            publisher=self.publisher,
            events=FakeSubscriber(),
            outbox=FakeSubscriber(),
            log_sink=self.log_sink,
            address=Address(self.settings.base_url, lambda: ""),
        )

    @contextmanager
    def client(self, scope: str | None = "system/*.cruds", client_id: str = "app") -> Iterator[Http]:
        """An HTTP client of the runtime; it carries a token for `scope`, or none."""
        with calling(build_app(self.settings, self.outside()), "https://ignored.example") as http:
            if scope is not None:
                http.headers["Authorization"] = f"Bearer {self.token(http, scope, client_id)}"
            yield http

    def assertion(
        self, client_id: str = "app", key: ECKey | None = None, header: Any = None, **claims: Any
    ) -> str:
        now = int(time.time())
        body = {
            "iss": client_id,
            "sub": client_id,
            "aud": f"{self.settings.base_url}/auth/token",
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
        }
        body = {name: value for name, value in {**body, **claims}.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": "k1", **(header or {})}, body, key or self.key)

    def ask(self, http: Http, assertion: str, **form: str) -> httpx.Response:
        data = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            **form,
        }
        return http.post("/auth/token", data=data)

    def token(self, http: Http, scope: str = "system/*.cruds", client_id: str = "app") -> str:
        answer = self.ask(http, self.assertion(client_id), scope=scope)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def records(self) -> list[AuditRecord]:
        return [AuditRecord.parse(data) for _, data in self.publisher.messages]

    def left_the_process(self) -> bytes:
        """Everything that the store, the topics and the log were given, and everything in the database."""
        parts = [json.dumps([m, p, q, h]).encode() + body for m, p, q, h, body in self.store.received]
        parts += [data for _, data in self.publisher.messages]
        parts += [json.dumps(line.payload).encode() for line in self.log_sink.lines.values()]
        with self.engine.connect() as connection:
            for table in metadata.sorted_tables:
                parts += [repr(tuple(row)).encode() for row in connection.execute(table.select())]
        return b"\n".join(parts)
