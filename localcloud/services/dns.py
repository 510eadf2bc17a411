"""Cloud DNS: zones with their own NS and SOA, record sets changed all at once."""

from __future__ import annotations

from typing import Any

from localcloud import generic
from localcloud.api import ApiError, Call, Json, Reply, already_exists, not_found
from localcloud.cloud import Cloud
from localcloud.registry import behaviour
from localcloud.timestamps import stamp

API = "dns"
_Z, _R = "dns.managedZones", "dns.resourceRecordSets"
_SERVERS = [f"ns-cloud-local{n}.googledomains.com." for n in range(1, 5)]


def _record(zone: str, name: str, kind: str) -> str:
    return f"{zone}/rrsets/{name}|{kind}"


@behaviour(f"{_Z}.create")
def create_zone(cloud: Cloud, call: Call) -> Json:
    sent = call.body or {}
    origin = str(sent.get("dnsName", ""))
    if not origin.endswith("."):
        raise ApiError(
            400,
            f"Invalid value for 'entity.managedZone.dnsName': '{origin}'; allowed: a name that ends in a dot",
            reason="invalid",
        )
    with cloud.store.transaction():
        name, body = generic.insert(cloud, call)
        zones = len(cloud.store.list(API, call.parent, "managedZones"))
        private = body.get("visibility") == "private"
        servers = ["ns-gcp-private.googledomains.com."] if private else _SERVERS
        body |= {
            "creationTime": stamp(cloud.clock.now()),
            "id": str(4_000_000_000_000_000_000 + zones),
            "nameServers": servers,
            "kind": "dns#managedZone",
        }
        body.setdefault("visibility", "public")
        _complete_dnssec(body)
        cloud.store.put(API, name, body)
        soa = f"{servers[0]} cloud-dns-hostmaster.google.com. 1 21600 3600 259200 300"
        for kind, data, ttl in (("NS", servers, 21600), ("SOA", [soa], 21600)):
            _put(cloud, name, {"name": origin, "type": kind, "ttl": ttl, "rrdatas": data})
    return body


def _complete_dnssec(body: Json) -> None:
    """Denial of existence and key specifications that Cloud DNS chooses when nobody does."""
    found = body.get("dnssecConfig")
    if not isinstance(found, dict):
        return
    if found.get("state", "off") not in ("off", "on", "transfer"):
        raise ApiError(
            400,
            f"Invalid value for 'entity.managedZone.dnssecConfig.state': '{found['state']}'",
            reason="invalid",
        )
    if body.get("visibility") == "private" and found.get("state", "off") != "off":
        raise ApiError(
            400, "DNSSEC is for public zones: 'entity.managedZone.dnssecConfig.state'", reason="invalid"
        )
    chosen = {"kind": "dns#managedZoneDnsSecConfig", "state": "off", "nonExistence": "nsec3"}
    body["dnssecConfig"] = {**chosen, **found}
    if not found.get("defaultKeySpecs"):
        body["dnssecConfig"]["defaultKeySpecs"] = [_key_spec(*spec) for spec in _KEY_SPECS]


_KEY_SPECS = (("keySigning", 2048), ("zoneSigning", 1024))


def _key_spec(use: str, length: int) -> Json:
    return {"kind": "dns#dnsKeySpec", "keyType": use, "algorithm": "rsasha256", "keyLength": length}


_KEPT = ("id", "kind", "creationTime", "nameServers", "dnsName", "visibility")
"""What stays when a zone is written anew."""


@behaviour(f"{_Z}.patch", f"{_Z}.update")
def change_zone(cloud: Cloud, call: Call) -> Json:
    """Keys and denial of existence are fixed while a zone is signed."""
    with cloud.store.transaction():
        before = generic.load(cloud, API, call.name)
        old = before.get("dnssecConfig") or {}
        body = {**{k: before[k] for k in _KEPT if k in before}, **generic.change(cloud, call)}
        _complete_dnssec(body)
        new = body.get("dnssecConfig") or {}
        fixed = ("nonExistence", "defaultKeySpecs")
        if old.get("state") == "on" == new.get("state") and any(old.get(k) != new.get(k) for k in fixed):
            raise ApiError(
                400,
                "'entity.managedZone.dnssecConfig': keys and nonExistence change only while state is off",
                reason="invalid",
            )
        cloud.store.put(API, call.name, body)
    context = {"oldValue": before, "newValue": body}
    return {"kind": "dns#operation", "status": "done", "type": "update", "zoneContext": context}


def _put(cloud: Cloud, zone: str, record: Json) -> None:
    cloud.store.put(
        API, _record(zone, record["name"], record["type"]), {**record, "kind": "dns#resourceRecordSet"}
    )


@behaviour(f"{_Z}.delete")
def delete_zone(cloud: Cloud, call: Call) -> Reply:
    generic.load(cloud, API, call.name)
    if any(record["type"] not in ("NS", "SOA") for record in cloud.store.list(API, call.name, "rrsets")):
        raise ApiError(
            400,
            f"The resource named '{call.name.rpartition('/')[2]}' cannot be deleted because it contains one "
            "or more resource record sets.",
            reason="containerNotEmpty",
        )
    cloud.store.delete(API, call.name)
    return Reply(None, 204)


@behaviour(f"{_R}.list")
def list_records(cloud: Cloud, call: Call) -> Json:
    """Filtered by name and type. A private zone's NS and SOA are there too, as on Google."""
    zone = call.parent
    generic.load(cloud, API, zone)
    name, kind = call.query.get("name"), call.query.get("type")
    found = [
        r
        for r in cloud.store.list(API, zone, "rrsets")
        if name in (None, r["name"]) and kind in (None, r["type"])
    ]
    return {"kind": "dns#resourceRecordSetsListResponse", "rrsets": found}


@behaviour(f"{_R}.create")
def create_record(cloud: Cloud, call: Call) -> Json:
    _apply(cloud, call.parent, {"additions": [call.body or {}]})
    return {**(call.body or {}), "kind": "dns#resourceRecordSet"}


@behaviour(f"{_R}.get", f"{_R}.patch", f"{_R}.delete")
def one_record(cloud: Cloud, call: Call) -> Json:
    parts = call.name.split("/rrsets/")
    name, _, kind = parts[1].partition("/")
    body = generic.load(cloud, API, _record(parts[0], name, kind))
    if call.action == "patch":
        body = {**body, **(call.body or {})}
        _put(cloud, parts[0], body)
    if call.action == "delete":
        cloud.store.delete(API, _record(parts[0], name, kind))
        return {}
    return body


@behaviour("dns.changes.create")
def change(cloud: Cloud, call: Call) -> Json:
    sent, zone = call.body or {}, call.parent
    with cloud.store.transaction():
        generic.load(cloud, API, zone)
        _apply(cloud, zone, sent)
        number = str(len(cloud.store.list(API, zone, "changes")) + 1)
        body = {
            **sent,
            "kind": "dns#change",
            "id": number,
            "status": "done",
            "startTime": stamp(cloud.clock.now()),
        }
        cloud.store.put(API, f"{zone}/changes/{number}", body)
    return body


def _plain(value: Any) -> Any:
    """A value without what says nothing, so that two ways to write it are equal."""
    if isinstance(value, dict):
        found = {k: _plain(v) for k, v in value.items() if k != "kind"}
        return {k: v for k, v in found.items() if v}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def _require_data(record: Json) -> None:
    if bool(record.get("rrdatas")) == bool(record.get("routingPolicy")):
        raise ApiError(
            400,
            f"Invalid value for 'entity.change.additions[{record.get('name')}]': a record set has either "
            "rrdatas or a routingPolicy.",
            reason="invalid",
        )
    policies = set(record.get("routingPolicy") or {}) & {"wrr", "geo", "primaryBackup"}
    if record.get("routingPolicy") and len(policies) != 1:
        raise ApiError(
            400,
            f"Invalid value for 'entity.change.additions[{record.get('name')}].routingPolicy': it has one of "
            "wrr, geo and primaryBackup.",
            reason="invalid",
        )


def _apply(cloud: Cloud, zone: str, sent: Json) -> None:
    """Deletions must name what is there, additions what is not; all or nothing."""
    origin = generic.load(cloud, API, zone)["dnsName"]
    with cloud.store.transaction():
        for record in sent.get("deletions") or ():
            key = _record(zone, record["name"], record["type"])
            old = cloud.store.get(API, key)
            if old is None:
                raise not_found(f"entity.change.deletions[{record['name']}][{record['type']}]")
            if any(_plain(old.get(k)) != _plain(record.get(k)) for k in ("ttl", "rrdatas", "routingPolicy")):
                raise ApiError(
                    412,
                    f"Precondition not met for 'entity.change.deletions[{record['name']}][{record['type']}]'",
                    reason="conditionNotMet",
                )
            cloud.store.delete(API, key)
        for record in sent.get("additions") or ():
            if not str(record.get("name", "")).endswith(origin):
                raise ApiError(
                    400,
                    f"Invalid value for 'entity.change.additions[{record.get('name')}].name': it is not in "
                    f"zone {origin}",
                    reason="invalid",
                )
            _require_data(record)
            if cloud.store.get(API, _record(zone, record["name"], record["type"])) is not None:
                raise already_exists(f"entity.change.additions[{record['name']}][{record['type']}]")
            _put(cloud, zone, record)


@behaviour("dns.policies.create")
def create_policy(cloud: Cloud, call: Call) -> Json:
    """A network has one server policy."""
    with cloud.store.transaction():
        name, body = generic.insert(cloud, call)
        _require_free(cloud, call.name, name, body)
        policies = len(cloud.store.list(API, call.parent, "policies"))
        body |= {"id": str(5_000_000_000_000_000_000 + policies), "kind": "dns#policy"}
        cloud.store.put(API, name, body)
    return body


@behaviour("dns.policies.patch", "dns.policies.update")
def change_policy(cloud: Cloud, call: Call) -> Json:
    with cloud.store.transaction():
        body = generic.change(cloud, call)
        _require_free(cloud, call.name.rpartition("/")[0], call.name, body)
    return {"header": {"operationId": ""}, "policy": body}


def _require_free(cloud: Cloud, collection: str, name: str, body: Json) -> None:
    wanted = {network.get("networkUrl") for network in body.get("networks") or ()}
    for other in cloud.store.list(API, collection.rpartition("/")[0], "policies"):
        taken = wanted & {network.get("networkUrl") for network in other.get("networks") or ()}
        if other["name"] != body["name"] and taken:
            raise ApiError(
                400, f"The network {taken.pop()} has the policy '{other['name']}' already.", reason="invalid"
            )


@behaviour("dns.policies.delete")
def delete_policy(cloud: Cloud, call: Call) -> Reply:
    if generic.load(cloud, API, call.name).get("networks"):
        raise ApiError(
            400,
            f"The policy '{call.name.rpartition('/')[2]}' cannot be deleted because networks still use it.",
            reason="resourceInUseByAnotherResource",
        )
    cloud.store.delete(API, call.name)
    return Reply(None, 204)
