"""Network firewall policies: rules and associations are parts that methods of the policy change.

https://cloud.google.com/compute/docs/reference/rest/v1/networkFirewallPolicies
"""

from __future__ import annotations

from localcloud import generic, links, merge, operations
from localcloud.api import ApiError, Call, Json
from localcloud.cloud import Cloud
from localcloud.registry import behaviour, computed
from localcloud.services.compute import defaults, required

API = "compute"
_POLICIES = "compute.networkFirewallPolicies"
_UPDATE = "compute.firewallPolicies.update"
_LAST = 2147483644
"""Rules from here on are Google's own and let everything through to the next policy."""


@computed(_POLICIES)
def policy(cloud: Cloud, name: str, body: Json, new: bool) -> None:
    defaults(body, policyType="VPC_POLICY")
    rules = body.setdefault("rules", [])
    if new:
        rules += [_passing(n, direction, ip) for n, (direction, ip) in enumerate(_PASSING)]
    body["ruleTupleCount"] = sum(rule.get("ruleTupleCount", 0) for rule in rules)


_PASSING = (("EGRESS", "::/0"), ("INGRESS", "::/0"), ("EGRESS", "0.0.0.0/0"), ("INGRESS", "0.0.0.0/0"))


def _passing(n: int, direction: str, ip: str) -> Json:
    side = "destIpRanges" if direction == "EGRESS" else "srcIpRanges"
    return {
        "kind": "compute#firewallPolicyRule",
        "priority": _LAST + n,
        "action": "goto_next",
        "direction": direction,
        "enableLogging": False,
        "ruleTupleCount": 2,
        "match": {side: [ip], "layer4Configs": [{"ipProtocol": "all"}]},
    }


@behaviour(f"{_POLICIES}.delete", permission="compute.firewallPolicies.delete")
def delete_policy(cloud: Cloud, call: Call) -> Json:
    if generic.load(cloud, API, call.name).get("associations"):
        raise ApiError(
            400,
            f"The firewall_policy resource '{call.name}' is already being used by a network",
            reason="resourceInUseByAnotherResource",
        )
    reply: Json = generic.delete(cloud, call)
    return reply


def _methods(word: str) -> tuple[str, ...]:
    return tuple(f"{_POLICIES}.{verb}{word}" for verb in ("add", "patch", "remove"))


@behaviour(*_methods("Rule"), permission=_UPDATE)
def change_rule(cloud: Cloud, call: Call) -> Json:
    sent: Json = call.body or {}
    priority = int(call.query.get("priority") or sent.get("priority") or 0)
    with cloud.store.transaction():
        body = generic.load(cloud, API, call.name)
        rules = list(body.get("rules") or [])
        found = next((rule for rule in rules if rule.get("priority") == priority), None)
        if call.action == "addRule":
            if found:
                raise ApiError(
                    400, f"Cannot have rules with the same priorities: {priority}.", reason="invalid"
                )
            rules.append(_rule(cloud, call, {**sent, "priority": priority}))
        elif found is None:
            raise _missing_rule(priority)
        else:
            rules.remove(found)
            if call.action == "patchRule":
                rules.append(_rule(cloud, call, merge.merged(found, sent)))
        _keep(cloud, call.name, body, rules=sorted(rules, key=lambda rule: rule["priority"]))
    return operations.done(call)


def _missing_rule(priority: int) -> ApiError:
    return ApiError(
        400,
        f"Invalid value for field 'priority': '{priority}'. The firewall policy does not contain a rule at "
        f"priority {priority}.",
        reason="invalid",
    )


def _rule(cloud: Cloud, call: Call, rule: Json) -> Json:
    for name in ("action", "direction", "match"):
        required(rule, name)
    if not 0 <= rule["priority"] < _LAST:
        raise ApiError(
            400, f"Invalid value for field 'resource.priority': '{rule['priority']}'.", reason="invalid"
        )
    match = rule["match"]
    ports = sum(max(1, len(layer.get("ports") or [])) for layer in match.get("layer4Configs") or [])
    ranges = max(1, len(match.get("srcIpRanges") or []) + len(match.get("destIpRanges") or []))
    for tag in [*(match.get("srcSecureTags") or []), *(rule.get("targetSecureTags") or [])]:
        tag["state"] = "EFFECTIVE"
    defaults(rule, enableLogging=False, disabled=False, targetType="INSTANCES")
    return {**rule, "kind": "compute#firewallPolicyRule", "ruleTupleCount": ports * ranges * 2}


def _keep(cloud: Cloud, name: str, body: Json, **values: object) -> None:
    body = {**body, **values, "fingerprint": links.fingerprint()}
    body["ruleTupleCount"] = sum(rule.get("ruleTupleCount", 0) for rule in body.get("rules") or [])
    cloud.store.put(API, name, body)


@behaviour(f"{_POLICIES}.getRule", permission="compute.firewallPolicies.get")
def get_rule(cloud: Cloud, call: Call) -> Json:
    priority = int(call.query.get("priority", "0"))
    for rule in generic.load(cloud, API, call.name).get("rules") or ():
        if rule.get("priority") == priority:
            return dict(rule)
    raise _missing_rule(priority)


@behaviour(f"{_POLICIES}.addAssociation", permission="compute.networks.setFirewallPolicy")
def associate(cloud: Cloud, call: Call) -> Json:
    """A network has one policy."""
    sent: Json = call.body or {}
    target = str(required(sent, "attachmentTarget"))
    with cloud.store.transaction():
        body = generic.load(cloud, API, call.name)
        found = list(body.get("associations") or [])
        name = sent.get("name") or f"{target.rpartition('/')[2]}-{body['id']}"
        if any(each["name"] == name for each in found) or _bound(cloud, call, target):
            raise ApiError(
                400, f"An association with that name or for {target} already exists.", reason="alreadyExists"
            )
        made = {**sent, "name": name, "firewallPolicyId": body["id"], "shortName": body["name"]}
        _keep(cloud, call.name, body, associations=[*found, {**made, "displayName": body["name"]}])
    return operations.done(call)


def _bound(cloud: Cloud, call: Call, target: str) -> bool:
    """Whether another policy of the project has the network already."""
    path = target.partition("/projects/")[2] or target.removeprefix("projects/")
    policies = cloud.store.list(API, "/".join(call.name.split("/")[:3]), "firewallPolicies")
    bound = [each["attachmentTarget"] for policy in policies for each in policy.get("associations") or []]
    return any(each.endswith(path) for each in bound)


@behaviour(f"{_POLICIES}.getAssociation", permission="compute.firewallPolicies.get")
def get_association(cloud: Cloud, call: Call) -> Json:
    return dict(_association(generic.load(cloud, API, call.name), call))


@behaviour(f"{_POLICIES}.removeAssociation", permission="compute.networks.setFirewallPolicy")
def dissociate(cloud: Cloud, call: Call) -> Json:
    with cloud.store.transaction():
        body = generic.load(cloud, API, call.name)
        gone = _association(body, call)
        _keep(cloud, call.name, body, associations=[a for a in body["associations"] if a is not gone])
    return operations.done(call)


def _association(body: Json, call: Call) -> Json:
    wanted = call.query.get("name", "")
    for each in body.get("associations") or ():
        if each["name"] == wanted:
            return dict(each) if call.verb == "GET" else each
    raise ApiError(
        400,
        f"Invalid value for field 'name': '{wanted}'. An association with that name does not exist.",
        reason="invalid",
    )
