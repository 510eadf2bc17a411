-- One FHIR store. `resource` holds what is current (a tombstone where it was deleted), `history` what came before.
-- Index tables hold (parameter, value, resource): a parameter is the CRC of its name, see definitions/table.py.
CREATE SEQUENCE resource_rid INCREMENT BY 100;
CREATE TABLE resource(
  rid bigint PRIMARY KEY, type text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, version integer NOT NULL,
  updated timestamptz NOT NULL, action "char" NOT NULL, deleted boolean NOT NULL, body bytea, UNIQUE (type, id));
CREATE INDEX resource_newest ON resource(type, rid) WHERE NOT deleted;
CREATE INDEX resource_updated ON resource(type, updated, rid) WHERE NOT deleted;
CREATE TABLE history(
  type text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, version integer NOT NULL,
  updated timestamptz NOT NULL, action "char" NOT NULL, body bytea, PRIMARY KEY (type, id, version));

CREATE TABLE token(param integer NOT NULL, system text COLLATE "C", code text COLLATE "C", rid bigint NOT NULL);
CREATE INDEX token_value ON token(param, code, rid);
CREATE INDEX token_rid ON token(rid, param);
CREATE TABLE string(param integer NOT NULL, value text COLLATE "C", exact text COLLATE "C", rid bigint NOT NULL);
CREATE INDEX string_value ON string(param, value, rid);
CREATE INDEX string_rid ON string(rid, param);
CREATE TABLE date(param integer NOT NULL, low bigint NOT NULL, high bigint NOT NULL, rid bigint NOT NULL);
CREATE INDEX date_low ON date(param, low, high, rid);
CREATE INDEX date_rid ON date(rid, param);
CREATE TABLE reference(
  param integer NOT NULL, target_type text COLLATE "C", target text COLLATE "C", rid bigint NOT NULL);
CREATE INDEX reference_target ON reference(target, target_type, param, rid);
CREATE INDEX reference_rid ON reference(rid, param);
CREATE TABLE quantity(
  param integer NOT NULL, low numeric, high numeric, system text COLLATE "C", code text COLLATE "C",
  rid bigint NOT NULL);
CREATE INDEX quantity_value ON quantity(param, low, high, rid);
CREATE INDEX quantity_rid ON quantity(rid, param);
CREATE TABLE number(param integer NOT NULL, value numeric, rid bigint NOT NULL);
CREATE INDEX number_value ON number(param, value, rid);
CREATE INDEX number_rid ON number(rid, param);
CREATE TABLE uri(param integer NOT NULL, value text COLLATE "C", rid bigint NOT NULL);
CREATE INDEX uri_value ON uri(param, value, rid);
CREATE INDEX uri_rid ON uri(rid, param);

CREATE TABLE outbox(
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, type text NOT NULL, id text NOT NULL,
  version integer NOT NULL, updated timestamptz NOT NULL, action "char" NOT NULL);
CREATE TABLE about(schema_version integer NOT NULL);
INSERT INTO about VALUES (1);
