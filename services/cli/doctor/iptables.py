"""Reads `iptables -S` for the firewall check of `restrike doctor`; what ufw and firewalld write is among it."""

import ipaddress
import shlex
from typing import Final

from services.cli.doctor.firewall import LOOPBACK, Arrival, Chain, Holds, Rule, Verdict, walk

INPUT: Final = "INPUT"
VERDICTS: Final = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "drop", "RETURN": "return"}
NOTHING: Final = frozenset({"LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "TRACE"})
"""Targets after which the next rule is looked at."""
WORDLESS: Final = frozenset({"-m", "--match", "--comment", "--reject-with", "--log-prefix", "--log-level"})
"""Options that say nothing of the datagram, with one word each."""


def verdict(text: str, arrival: Arrival) -> Verdict:
    """What becomes of a datagram."""
    rules: dict[str, list[Rule]] = {INPUT: []}
    policies: dict[str, str] = {}
    for line in text.splitlines():
        words = shlex.split(line)
        match words[:1]:
            case ["-P"]:
                policies[words[1]] = VERDICTS.get(words[2], "drop")
            case ["-N"]:
                rules.setdefault(words[1], [])
            case ["-A"]:
                rules.setdefault(words[1], []).append(_rule(words[2:], line, arrival))
    chains = {name: Chain(rules=list(of), policy=policies.get(name, "accept")) for name, of in rules.items()}
    return walk(INPUT, chains)


def _rule(words: list[str], line: str, arrival: Arrival) -> Rule:
    holds, does, target = Holds.YES, "", ""
    at, is_not = 0, False
    while at < len(words):
        word, value = words[at], words[at + 1] if at + 1 < len(words) else ""
        if word == "!":
            is_not, at = True, at + 1
            continue
        at += 2
        if word in ("-j", "-g"):
            does = VERDICTS.get(value, "" if value in NOTHING else "jump")
            target = value
            continue
        if word in WORDLESS:
            continue
        one = _condition(word, value, arrival)
        if is_not and one is not Holds.PERHAPS:
            one = Holds.NO if one is Holds.YES else Holds.YES
        is_not = False
        holds = Holds.NO if Holds.NO in (holds, one) else Holds.PERHAPS if Holds.PERHAPS in (holds, one) else holds
    return Rule(holds=holds, does=does, text=line[:200], target=target)


def _condition(word: str, value: str, arrival: Arrival) -> Holds:
    match word:
        case "-p" | "--protocol":
            return _holds(value in ("udp", "all"))
        case "--dport" | "--dports" | "--destination-port":
            return _holds(any(_within(part, arrival.port) for part in value.split(",")))
        case "-i" | "--in-interface" if arrival.interface is None:
            return Holds.NO if value == LOOPBACK else Holds.PERHAPS
        case "-i" | "--in-interface":
            name = arrival.interface or ""
            return _holds(name == value or (value.endswith("+") and name.startswith(value[:-1])))
        case "-d" | "--destination":
            return _holds(ipaddress.ip_address(arrival.address) in ipaddress.ip_network(value, strict=False))
        case "--dst-type":
            return _holds(value == "LOCAL")
        case "--ctstate" | "--state":
            return _holds("NEW" in value.split(","))
    return Holds.PERHAPS


def _holds(is_so: object) -> Holds:
    return Holds.YES if is_so else Holds.NO


def _within(part: str, port: int) -> bool:
    low, _, high = part.partition(":")
    return int(low) <= port <= int(high or low)
