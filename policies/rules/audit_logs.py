"""What networks and databases log: flows, firewalls, load balancers, names, statements, connections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.resource import Properties, Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules.boundary import NETWORK, SQL, SUBNETWORK, require_hosting
from policies.rules.boundary_edge import BACKEND, REGION_BACKEND
from policies.rules.boundary_firewall import FIREWALL, RULES, policy_rules
from policies.rules.controls import AUDIT, with_cis
from policies.rules.once import once_per_stack
from policies.rules.read import entries, text
from policies.rules.sites import elsewhere
from policies.stack import Stack

_FLOWS = {"flowSampling": 1.0, "aggregationInterval": "INTERVAL_5_SEC", "metadata": "INCLUDE_ALL_METADATA"}


def _with_flows(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {**properties, "logConfig": dict(_FLOWS)}


@rule(
    id="subnet-flow-logs",
    number=60,
    title="Subnetworks log every flow, every five seconds, with all metadata",
    remedy="Set logConfig of the subnetwork: flowSampling 1, aggregationInterval INTERVAL_5_SEC, metadata "
    "INCLUDE_ALL_METADATA, no filterExpr.",
    severity="medium",
    types=(SUBNETWORK,),
    controls=with_cis(AUDIT, "3.8"),
    fails={"logConfig": {"flowSampling": 0.5}},
    passes={"logConfig": _FLOWS},
    mend=_with_flows,
)
def subnet_flow_logs(resource: Resource, stack: Stack) -> Iterator[Problem]:
    require_hosting(resource)
    if not isinstance(resource.at("logConfig"), Properties):
        yield Problem("logConfig", resource.at("logConfig"))
        return
    # Left out, half of the flows are logged; the others default to what is wanted.
    for key, wanted in (
        ("flowSampling", (1,)),
        ("aggregationInterval", (None, "", "INTERVAL_5_SEC")),
        ("metadata", (None, "", "INCLUDE_ALL_METADATA")),
        ("filterExpr", (None, "", "true")),
    ):
        seen = resource.at(f"logConfig.{key}")
        if seen is True or seen not in wanted:
            yield Problem(f"logConfig.{key}", seen)


def _with_firewall_logs(properties: Mapping[str, Any]) -> dict[str, Any]:
    if "rules" in properties:
        rules = [{**each, "enableLogging": True} for each in properties["rules"]]
        return {**properties, "rules": rules}
    if "firewallPolicy" in properties:
        return {**properties, "enableLogging": True}
    return {**properties, "logConfig": {"metadata": "INCLUDE_ALL_METADATA"}}


@rule(
    id="firewall-logs",
    number=61,
    title="Firewall rules log what they let through and what they refuse",
    remedy="Set logConfig.metadata of the Firewall (on rules of a firewall policy: enableLogging to true).",
    severity="medium",
    types=RULES,
    controls=AUDIT,
    fails={"direction": "INGRESS"},
    passes={"logConfig": {"metadata": "INCLUDE_ALL_METADATA"}},
    mend=_with_firewall_logs,
)
def firewall_logs(resource: Resource, stack: Stack) -> Iterator[Problem]:
    judged = False
    for prefix, given in policy_rules(resource):
        if given.at("disabled") is True or given.at("action") == "goto_next":
            continue
        judged = True
        if given.at("enableLogging") is True:
            continue
        if resource.type != FIREWALL:
            yield Problem(f"{prefix}enableLogging", given.at("enableLogging"))
        elif not given.at("logConfig.metadata"):
            yield Problem("logConfig.metadata", given.at("logConfig.metadata"))
    if not judged:
        raise NotApplicable("disabled, or handed on to the next rule: there is nothing to log")


@rule(
    id="backend-logs",
    number=62,
    title="Load balancers log every request",
    remedy="Set logConfig.enable of the backend service to true and logConfig.sampleRate to 1.",
    severity="medium",
    types=(BACKEND, REGION_BACKEND),
    controls=with_cis(AUDIT, "2.16"),
    fails={"logConfig": {"enable": False}},
    passes={"logConfig": {"enable": True, "sampleRate": 1}},
)
def backend_logs(resource: Resource, stack: Stack) -> Iterator[Problem]:
    if resource.at("logConfig.enable") is not True:
        yield Problem("logConfig.enable", resource.at("logConfig.enable"))
        return
    rate = resource.at("logConfig.sampleRate")
    if rate is True or rate not in (None, 1):
        yield Problem("logConfig.sampleRate", rate)


DNS_POLICY = "gcp:dns/policy:Policy"
_NET = "projects/p/global/networks/cell"


@once_per_stack
def _dns_policies(stack: Stack) -> tuple[dict[str, Resource], bool]:
    """The DNS server policy of each network, by URN; and whether the networks of any are not known."""
    found: dict[str, Resource] = {}
    unplaced = False
    for policy in stack.of(DNS_POLICY):
        try:
            for _, each in entries(policy, "networks"):
                network = stack.named(each.get("networkUrl"), NETWORK)
                if network is not None:
                    found[network.urn] = policy
        except UnknownValue:
            unplaced = True
    return found, unplaced


def _queries(logged: bool) -> Case:
    policy = {"enableLogging": logged, "networks": [{"networkUrl": _NET}]}
    settings = {"jurisdiction": "eu", "profile": "saas", "kind": "cell"}
    return Case((Given(NETWORK, {"id": _NET}), Given(DNS_POLICY, policy, "policy")), settings)


@rule(
    id="network-dns-logs",
    number=63,
    title="Every DNS query of a network is logged",
    remedy="Add a dns.Policy with enableLogging true and the network among its networks.",
    severity="medium",
    types=(NETWORK,),
    controls=with_cis(AUDIT, "2.12"),
    fails=_queries(False),
    passes=_queries(True),
    whole=True,
)
def network_dns_logs(resource: Resource, stack: Stack) -> Iterator[Problem]:
    found, unplaced = _dns_policies(stack)
    policy = found.get(resource.urn)
    if policy is None:
        if unplaced:
            raise UnknownValue("", "the networks of a DNS server policy are not known yet")
        elsewhere(stack, "a DNS server policy for the network")
        yield Problem("a DNS server policy for the network", None)
    elif policy.at("enableLogging") is not True:
        yield Problem(f"{policy.name}.enableLogging", policy.at("enableLogging"))


def _flags(instance: Resource) -> dict[str, str]:
    """The database flags; for PostgreSQL alone, whose flags these are."""
    version = instance.at("databaseVersion")
    if isinstance(version, str) and version and not version.startswith("POSTGRES"):
        raise NotApplicable(f"these are flags of PostgreSQL; this is {version}")
    return {
        text(each, "name"): text(each, "value").lower()
        for _, each in entries(instance, "settings.databaseFlags")
    }


def _flagged(**flags: str) -> dict[str, Any]:
    given = [{"name": name.replace("__", "."), "value": value} for name, value in flags.items()]
    return {"settings": {"databaseFlags": given}}


@rule(
    id="sql-pgaudit",
    number=64,
    title="PostgreSQL instances record statements with pgaudit",
    remedy="Set in settings.databaseFlags cloudsql.enable_pgaudit to on and pgaudit.log to ddl,role or more.",
    severity="high",
    types=(SQL,),
    controls=with_cis(AUDIT, "6.2.8"),
    fails=_flagged(cloudsql__enable_pgaudit="off", pgaudit__log="ddl,role"),
    passes=_flagged(cloudsql__enable_pgaudit="on", pgaudit__log="ddl,role"),
)
def sql_pgaudit(resource: Resource, stack: Stack) -> Iterator[Problem]:
    flags = _flags(resource)
    if flags.get("cloudsql.enable_pgaudit") != "on":
        yield Problem("flag cloudsql.enable_pgaudit", flags.get("cloudsql.enable_pgaudit"))
    # Switched on, the extension records nothing until it is told what.
    recorded = {part.strip() for part in flags.get("pgaudit.log", "").split(",")}
    if "all" not in recorded and not recorded >= {"ddl", "role"}:
        yield Problem("flag pgaudit.log", flags.get("pgaudit.log"))


_LOGGED = {"log_connections": ("on", "all"), "log_disconnections": ("on",)}
"""From PostgreSQL 18 on, `all` logs every stage of a connection."""


@rule(
    id="sql-connection-logs",
    number=65,
    title="PostgreSQL instances log every connection and its end",
    remedy="Set the flags log_connections and log_disconnections to on in settings.databaseFlags.",
    severity="medium",
    types=(SQL,),
    controls=with_cis(AUDIT, "6.2.2", "6.2.3"),
    fails=_flagged(log_connections="on"),
    passes=_flagged(log_connections="on", log_disconnections="on"),
)
def sql_connection_logs(resource: Resource, stack: Stack) -> Iterator[Problem]:
    flags = _flags(resource)
    for flag, wanted in _LOGGED.items():
        if flags.get(flag) not in wanted:
            yield Problem(f"flag {flag}", flags.get(flag))
