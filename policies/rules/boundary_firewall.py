"""Firewalls: nothing leaves a network but what a rule lets out, and nobody comes in to administer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from policies.resource import Properties, Resource, UnknownValue
from policies.rule import Case, Given, NotApplicable, Problem, rule
from policies.rules.boundary import NETWORK, SUBNETWORK
from policies.rules.controls import BOUNDARY, with_cis
from policies.rules.once import once_per_stack
from policies.rules.ranges import EVERYWHERE, is_open
from policies.rules.read import entries, plain, values
from policies.rules.sites import elsewhere
from policies.stack import Stack

FIREWALL = "gcp:compute/firewall:Firewall"
POLICY = "gcp:compute/networkFirewallPolicy:NetworkFirewallPolicy"
POLICY_WITH_RULES = "gcp:compute/networkFirewallPolicyWithRules:NetworkFirewallPolicyWithRules"
ASSOCIATION = "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation"
POLICY_RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
RULES = (
    FIREWALL,
    POLICY_RULE,
    "gcp:compute/regionNetworkFirewallPolicyRule:RegionNetworkFirewallPolicyRule",
    "gcp:compute/firewallPolicyRule:FirewallPolicyRule",
    POLICY_WITH_RULES,
    "gcp:compute/regionNetworkFirewallPolicyWithRules:RegionNetworkFirewallPolicyWithRules",
    "gcp:compute/firewallPolicyWithRules:FirewallPolicyWithRules",
)
"""Every resource that holds firewall rules: VPC firewall rules, and rules of firewall policies."""
_DEFAULT_PRIORITY = 1000


def policy_rules(resource: Resource) -> list[tuple[str, Properties]]:
    """The rules that a resource of a firewall policy holds, each with the prefix of its paths."""
    if resource.type.endswith("WithRules"):
        return [(f"{path}.", each) for path, each in entries(resource, "rules")]
    return [("", resource.properties)]


class _Out(NamedTuple):
    """One rule on what leaves a network; `order` says which of two is asked first."""

    path: str
    denies: bool
    order: tuple[int, float]
    ranges: tuple[str, ...]
    narrow: bool


class _Index(NamedTuple):
    """Firewalls and policies by the URN of their network, and whether the network of any is not known."""

    firewalls: dict[str, list[Resource]]
    policies: dict[str, list[Resource]]
    rules: dict[str, list[Resource]]
    unplaced: bool


@once_per_stack
def _index(stack: Stack) -> _Index:
    index = _Index({}, {}, {}, False)
    unplaced = False
    for kind, path, target, found in (
        (FIREWALL, "network", NETWORK, index.firewalls),
        (POLICY_RULE, "firewallPolicy", POLICY, index.rules),
    ):
        for each in stack.of(kind):
            try:
                owner = stack.referred(each, path, target)
            except UnknownValue:
                unplaced = True
                continue
            if owner is not None:
                found.setdefault(owner.urn, []).append(each)
    for each in stack.of(ASSOCIATION):
        try:
            network = stack.referred(each, "attachmentTarget", NETWORK)
            policy = stack.referred(each, "firewallPolicy", POLICY, POLICY_WITH_RULES)
        except UnknownValue:
            unplaced = True
            continue
        if network is not None and policy is not None:
            index.policies.setdefault(network.urn, []).append(policy)
    return index._replace(unplaced=unplaced)


@once_per_stack
def _dual_stack(stack: Stack) -> set[str]:
    """URNs of networks that have a subnetwork with IPv6 addresses."""
    found = set()
    for each in stack.of(SUBNETWORK):
        if each.at("stackType") not in (None, "", "IPV4_ONLY"):
            network = stack.referred(each, "network", NETWORK)
            if network is not None:
                found.add(network.urn)
    return found


def _outgoing(network: Resource, stack: Stack) -> Iterator[_Out]:
    index = _index(stack)
    first = network.at("networkFirewallPolicyEnforcementOrder") == "BEFORE_CLASSIC_FIREWALL"
    for firewall in index.firewalls.get(network.urn, ()):
        if firewall.at("direction") == "EGRESS" and firewall.at("disabled") is not True:
            yield _of_firewall(firewall, int(first))
    for policy in index.policies.get(network.urn, ()):
        holders = [policy] if policy.type == POLICY_WITH_RULES else index.rules.get(policy.urn, [])
        for holder in holders:
            for prefix, each in policy_rules(holder):
                if each.at("direction") == "EGRESS" and each.at("disabled") is not True:
                    yield from _of_policy(f"{holder.name}.{prefix}", each, int(not first))


def _of_firewall(firewall: Resource, stage: int) -> _Out:
    denies = any(_is_all(each.get("protocol"), each.get("ports")) for _, each in entries(firewall, "denies"))
    # Left out, the destination is everywhere.
    ranges = tuple(str(value) for _, value in values(firewall, "destinationRanges")) or EVERYWHERE[:1]
    narrow = bool(firewall.at("targetTags") or firewall.at("targetServiceAccounts"))
    return _Out(f"{firewall.name}.", denies, _order(firewall.properties, stage), ranges, narrow)


def _of_policy(path: str, given: Properties, stage: int) -> Iterator[_Out]:
    action = given.at("action")
    if action not in ("allow", "deny"):
        return
    parts = entries(given, "match.layer4Configs")
    denies = action == "deny" and any(_is_all(each.get("ipProtocol"), each.get("ports")) for _, each in parts)
    ranges = tuple(str(value) for _, value in values(given, "match.destIpRanges"))
    narrow = bool(given.at("targetServiceAccounts") or given.at("targetSecureTags")) or _elsewhere(
        given, "dest"
    )
    if action == "deny" and not denies:
        return
    yield _Out(path, denies, _order(given, stage), ranges or (() if narrow else EVERYWHERE), narrow)


def _elsewhere(given: Properties, side: str) -> bool:
    """Whether a rule of a policy looks at more of the other side than its addresses."""
    keys = ("AddressGroups", "Fqdns", "RegionCodes", "ThreatIntelligences", "NetworkContext", "Networks")
    return any(given.at(f"match.{side}{key}") for key in keys)


def _is_all(protocol: Any, ports: Any) -> bool:
    return protocol == "all" and not ports


def _order(given: Properties, stage: int) -> tuple[int, float]:
    priority = given.get("priority", _DEFAULT_PRIORITY)
    if priority is None:
        priority = _DEFAULT_PRIORITY
    if isinstance(priority, bool) or not isinstance(priority, (int, float)):
        raise UnknownValue("priority", "the priority of a firewall rule is no number")
    return stage, priority


_NET = {"id": "projects/p/global/networks/cell"}
_DENY: dict[str, Any] = {
    "network": _NET["id"],
    "direction": "EGRESS",
    "denies": [{"protocol": "all"}],
    "destinationRanges": ["0.0.0.0/0"],
}
_CELL = {"jurisdiction": "eu", "profile": "saas", "kind": "cell"}


def _case(*firewalls: dict[str, Any]) -> Case:
    rules = [Given(FIREWALL, each, f"f{index}") for index, each in enumerate(firewalls)]
    return Case((Given(NETWORK, _NET), *rules), _CELL)


@rule(
    id="network-default-deny-egress",
    number=46,
    title="Nothing leaves a network but what a rule lets out",
    remedy="Add a Firewall with direction EGRESS, denies of protocol all and destinationRanges 0.0.0.0/0, "
    "and allow named ranges before it.",
    severity="high",
    types=(NETWORK,),
    controls=BOUNDARY,
    fails=_case({**_DENY, "denies": [], "allows": [{"protocol": "tcp"}]}),
    passes=_case(_DENY),
    whole=True,
)
def network_default_deny_egress(resource: Resource, stack: Stack) -> Iterator[Problem]:
    outgoing = list(_outgoing(resource, stack))
    everywhere = EVERYWHERE if resource.urn in _dual_stack(stack) else EVERYWHERE[:1]
    for whole in everywhere:
        denying = [each for each in outgoing if each.denies and not each.narrow and whole in each.ranges]
        if denying:
            yield from _before(outgoing, min(each.order for each in denying), whole)
            continue
        if _index(stack).unplaced:
            raise UnknownValue("", "the network of a firewall rule is not known yet")
        elsewhere(stack, f"a rule that denies all egress to {whole}")
        yield Problem(f"a rule that denies all egress to {whole}", None)


def _before(outgoing: list[_Out], deny: tuple[int, float], whole: str) -> Iterator[Problem]:
    """What lets everything out before the denial is asked."""
    for each in outgoing:
        if not each.denies and each.order < deny:
            for given in each.ranges:
                if is_open(given) and (":" in given) == (":" in whole):
                    yield Problem(f"{each.path}destination", given)


_ADMINISTRATION = {"tcp": (22, 3389), "6": (22, 3389), "udp": (3389,), "17": (3389,), "all": (22, 3389)}
"""SSH and RDP, by protocol name or number."""
_OTHERS = frozenset({"icmp", "icmpv6", "esp", "ah", "sctp", "ipip", "gre", "igmp"})


def _protocol(value: Any, path: str) -> str:
    """A protocol's name or number; what is neither cannot be judged, whatever its ports."""
    number = str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
    name = number or plain(value, path).strip().lower()
    if name not in _ADMINISTRATION and name not in _OTHERS and not name.isdecimal():
        raise UnknownValue(path, f"{path} is no protocol")
    return name


def _reached(protocol: str, ports: list[tuple[str, Any]]) -> list[int]:
    wanted = _ADMINISTRATION.get(protocol, ())
    return [port for port in wanted if not ports or any(_holds(span, port) for _, span in ports)]


def _holds(span: Any, port: int) -> bool:
    low, _, high = str(span).partition("-")
    try:
        return int(low) <= port <= int(high or low)
    except ValueError:
        return True


@rule(
    id="firewall-no-open-administration",
    number=47,
    title="The internet reaches neither SSH nor RDP",
    remedy="Narrow sourceRanges (in a policy: match.srcIpRanges) to your own, or leave 22 and 3389 out.",
    severity="critical",
    types=RULES,
    controls=with_cis(BOUNDARY, "3.6", "3.7"),
    fails={"allows": [{"protocol": "tcp", "ports": ["20-30"]}], "sourceRanges": ["0.0.0.0/0"]},
    passes={"allows": [{"protocol": "tcp"}], "sourceRanges": ["203.0.113.0/24"]},
)
def firewall_no_open_administration(resource: Resource, stack: Stack) -> Iterator[Problem]:
    lets_in = False
    for prefix, given in policy_rules(resource):
        # INGRESS is the default of VPC firewall rules.
        if given.at("disabled") is True or given.at("direction") == "EGRESS":
            continue
        if resource.type == FIREWALL:
            allowed, sources = entries(given, "allows"), _sources(given)
            kind = "protocol"
        else:
            action = plain(given.at("action"), f"{prefix}action")
            allowed = entries(given, "match.layer4Configs") if action == "allow" else []
            sources, kind = _policy_sources(given), "ipProtocol"
        lets_in = lets_in or bool(allowed)
        if not any(is_open(source) for source in sources):
            continue
        for path, each in allowed:
            protocol = _protocol(each.get(kind), f"{prefix}{path}.{kind}")
            for port in _reached(protocol, values(each, "ports")):
                yield Problem(f"{prefix}{path}", f"port {port} from {', '.join(map(str, sources))}")
    if not lets_in:
        raise NotApplicable("this lets nothing in")


def _sources(given: Properties) -> list[Any]:
    ranges = [value for _, value in values(given, "sourceRanges")]
    named = given.at("sourceTags") or given.at("sourceServiceAccounts")
    return ranges or ([] if named else [EVERYWHERE[0]])


def _policy_sources(given: Properties) -> list[Any]:
    ranges = [value for _, value in values(given, "match.srcIpRanges")]
    named = _elsewhere(given, "src") or given.at("match.srcSecureTags")
    return ranges or ([] if named else [EVERYWHERE[0]])
