"""Reads `nft -j list ruleset` for the firewall check of `restrike doctor`."""

import ipaddress
from typing import Any, Final

import msgspec

from services.cli.doctor.firewall import ELSEWHERE, LOOPBACK, Arrival, Chain, Holds, Rule, Verdict, decoded, walk

INPUT: Final = "input"
OURS: Final = frozenset({"ip", "inet"})
"""The families that see IPv4 datagrams to this machine."""
DOES: Final = frozenset({"accept", "drop", "reject", "return", "jump", "goto"})
NEW: Final = "new"
QUIET: Final = frozenset({"counter", "log", ""})
"""What changes nothing for the datagram."""
Sets = dict[str, list[Any]]


def verdict(text: str, arrival: Arrival) -> Verdict:
    """What becomes of a datagram: every chain at the input hook must accept it."""
    objects = decoded(text)
    chains: dict[str, list[Rule]] = {}
    policies: dict[str, str] = {}
    starts: list[tuple[int, str]] = []
    sets = _sets(objects)
    for one in objects:
        chain: Any = one.get("chain")
        if chain is not None and chain["family"] in OURS:
            name = _name(chain, chain["name"])
            chains.setdefault(name, [])
            policies[name] = chain.get("policy", "accept")
            if chain.get("hook") == INPUT and chain.get("type") == "filter":
                starts.append((chain.get("prio", 0), name))
        rule: Any = one.get("rule")
        if rule is not None and rule["family"] in OURS:
            chains.setdefault(_name(rule, rule["chain"]), []).append(_rule(rule, arrival, sets))
    known = {name: Chain(rules=rules, policy=policies.get(name, "accept")) for name, rules in chains.items()}
    found = [walk(name, known) for _, name in sorted(starts)]
    for word in ("drop", "perhaps"):
        worst = next((one for one in found if one.does == word), None)
        if worst is not None:
            return worst
    return found[-1] if found else Verdict(does="accept", rule="no rule at the input hook")


def _name(of: dict[str, Any], chain: str) -> str:
    return f"{of['family']} {of['table']} {chain}"


def _sets(objects: list[dict[str, Any]]) -> Sets:
    """What the named sets hold, as a rule names them: `inet filter @rings`."""
    found: Sets = {}
    for one in objects:
        named = one.get("set")
        if named is not None:
            found[_name(named, f"@{named['name']}")] = named.get("elem", [])
    return found


def _rule(rule: dict[str, Any], arrival: Arrival, sets: Sets) -> Rule:
    holds, does, target = Holds.YES, "", ""
    for part in rule.get("expr", []):
        kind, value = next(iter(part.items()))
        if kind == "vmap":
            one, kind, value = _chosen(value, arrival)
            holds = _both(holds, one)
        if kind in DOES:
            does = "drop" if kind == "reject" else kind
            target = _name(rule, value["target"]) if kind in ("jump", "goto") else ""
        elif kind == "match":
            right = value.get("right")
            if isinstance(right, str) and right.startswith("@"):
                value = value | {"right": {"set": sets.get(_name(rule, right), [None])}}
            holds = _both(holds, _match(value, arrival))
        elif kind not in QUIET:
            holds = _both(holds, Holds.PERHAPS)
    words = " ".join(filter(None, map(_words, rule.get("expr", []))))
    return Rule(holds=holds, does=does, text=f"{_name(rule, rule['chain'])}: {words}"[:160], target=target)


def _words(part: dict[str, Any]) -> str:
    """A part of a rule, much as nft writes it."""
    kind, value = next(iter(part.items()))
    if kind == "match":
        left = next(iter(value["left"].values()))
        named = " ".join(str(one) for one in left.values()) if isinstance(left, dict) else str(left)
        right = (
            value["right"] if isinstance(value["right"], str | int) else msgspec.json.encode(value["right"]).decode()
        )
        return f"{named} {'' if value['op'] in ('==', 'in') else value['op'] + ' '}{right}"
    if kind in DOES:
        return f"{kind} {value['target']}" if kind in ("jump", "goto") else kind
    return "" if kind in QUIET else kind


def _both(one: Holds, other: Holds) -> Holds:
    if Holds.NO in (one, other):
        return Holds.NO
    return Holds.PERHAPS if Holds.PERHAPS in (one, other) else Holds.YES


def _chosen(vmap: dict[str, Any], arrival: Arrival) -> tuple[Holds, str, Any]:
    """What a map of verdicts does with the datagram; where that is not known, the worst of it, perhaps."""
    key, data = _known(vmap.get("key", {}), arrival), vmap.get("data", {}).get("set", [])
    verdicts = [(member, *next(iter(verdict.items()))) for member, verdict in data]
    if key is None:
        worst = next((one for one in verdicts if one[1] in ("drop", "reject")), verdicts[0] if verdicts else None)
        return (Holds.PERHAPS, worst[1], worst[2]) if worst is not None else (Holds.NO, "", None)
    for member, kind, value in verdicts:
        if any(_meets(one, member) for one in key):
            return Holds.YES, kind, value
    return Holds.NO, "", None


def _match(match: dict[str, Any], arrival: Arrival) -> Holds:
    left, right = match.get("left", {}), match.get("right")
    op = match.get("op", "==")
    known = _known(left, arrival)
    if known is None:
        return Holds.PERHAPS
    told = [one for one in known if (meets := _meets(one, right)) is not None and meets]
    unsure = any(_meets(one, right) is None for one in known)
    if unsure and not told:
        return Holds.PERHAPS
    is_met = bool(told)
    if op not in ("==", "in", "!="):
        return Holds.PERHAPS
    return Holds.YES if is_met != (op == "!=") else Holds.NO


def _known(left: dict[str, Any], arrival: Arrival) -> list[Any] | None:
    """What the datagram has where a rule looks; None where that is not known."""
    match left:
        case {"payload": {"protocol": "udp" | "th", "field": "dport"}}:
            return [arrival.port]
        case {"payload": {"protocol": "tcp" | "icmp" | "icmpv6" | "ip6" | "sctp"}}:
            return [None]
        case {"payload": {"protocol": "ip", "field": "daddr"}}:
            return [arrival.address]
        case {"payload": {"protocol": "ip", "field": "protocol"}} | {"meta": {"key": "l4proto"}}:
            return ["udp"]
        case {"meta": {"key": "nfproto"}}:
            return ["ipv4"]
        case {"meta": {"key": "iifname" | "iif"}}:
            return [arrival.interface or ELSEWHERE]
        case {"fib": {"result": "type", "flags": ["daddr"]}}:
            return ["local"]
        case {"ct": {"key": "state"}}:
            return [NEW]
    return None


def _meets(value: Any, right: Any) -> bool | None:
    """Whether `value` is `right`, or within it; None where that cannot be told."""
    if value is None:
        return False
    if value is ELSEWHERE and isinstance(right, str):
        return False if right == LOOPBACK else None
    match right:
        case {"set": list(members)}:
            answers = [_meets(value, member) for member in members]
            return True if True in answers else None if None in answers else False
        case {"elem": {"val": inner}}:
            return _meets(value, inner)
        case {"range": [low, high]} if isinstance(value, int) and isinstance(low, int):
            return bool(low <= value <= high)
        case {"prefix": {"addr": str(address), "len": int(length)}}:
            return ipaddress.ip_address(str(value)) in ipaddress.ip_network(f"{address}/{length}", strict=False)
        case list(words):
            return value in words
        case str() | int():
            return bool(value == right)
    return None
