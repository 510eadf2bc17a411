"""Patient/$everything: the patient and whatever refers to it (https://hl7.org/fhir/R4/patient-operation-everything.html)."""

from __future__ import annotations

from runtime.fhir.bundles import Entry, bundle
from runtime.fhir.database import Conn
from runtime.fhir.errors import BadRequest, Gone, NotFound
from runtime.fhir.messages import FhirRequest, FhirResponse
from runtime.fhir.reads import make_page_token, page_size, page_token
from runtime.fhir.rows import as_row, current
from runtime.fhir.store import Store

_PAGE = 1000


def everything(store: Store, conn: Conn, request: FhirRequest, patient_id: str) -> FhirResponse:
    asked = dict(request.query)
    limit = max(min(page_size(asked.get("_count"), _PAGE), _PAGE), 1)
    patient = current(conn, "Patient", patient_id)
    if patient is None:
        raise NotFound(f"Patient/{patient_id} does not exist.")
    if patient.deleted:
        raise Gone(f"Patient/{patient_id} was deleted.")
    after = _after(asked.get("_page_token"))
    with conn.cursor(binary=True) as cursor:
        cursor.execute(
            "SELECT r.rid, r.type, r.id, r.version, r.updated, r.action, r.body "
            "FROM resource r WHERE r.rid IN ("
            "SELECT i.rid FROM reference i WHERE i.target = %(id)s AND i.target_type = 'Patient' UNION "
            "SELECT o.rid FROM reference i JOIN reference p ON p.rid = i.rid JOIN resource o "
            "ON o.type = p.target_type AND o.id = p.target "
            "WHERE i.target = %(id)s AND i.target_type = 'Patient' AND o.type IN "
            "('Organization', 'Practitioner', 'PractitionerRole', 'Location', 'Medication', 'Device')) "
            "AND NOT r.deleted AND r.rid > %(after)s AND r.rid <> %(patient)s ORDER BY r.rid LIMIT %(limit)s",
            {"id": patient_id, "after": after, "patient": patient.rid, "limit": limit + 1},
        )
        rows = [as_row(row) for row in cursor]
    token = make_page_token(str(rows[limit - 1].rid)) if len(rows) > limit else None
    page = ([patient] if after == 0 else []) + rows[:limit]
    url = f"{store.base_url}/Patient/{patient_id}/$everything"
    keep = [(k, v) for k, v in request.query if k != "_page_token"]
    entries = [Entry(f"{store.base_url}/{r.type}/{r.id}", r.body, "match") for r in page]
    return bundle("searchset", entries, url, keep, token)


def _after(token: str | None) -> int:
    text = page_token(token) if token else "0"
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise BadRequest("_page_token was not made by this store.", "_page_token")
    return int(text)
