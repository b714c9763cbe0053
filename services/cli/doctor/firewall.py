"""Check: whether this machine's firewall would let the rings' datagrams in.

Reads the rules of nft or iptables and follows them as the kernel does, for a new UDP datagram to each ring. What a rule
asks that is not understood (a source, a set, a rate) makes it one that may hold: then the answer is "perhaps".
"""

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from services.cli.doctor.result import Result, failed, ok, skipped, warning
from services.cli.doctor.site import Site
from shared.interfaces import detect, recommended

ASK_WITHIN_S: Final = 2.0
DEEPEST: Final = 16
"""Chains that jump to each other deeper than this are not followed; the kernel stops at 16, too."""
FOREIGN: Final = '"xt"'
"""nft shows rules that iptables made like this: only iptables can read them."""

LOOPBACK: Final = "lo"
ELSEWHERE: Final = "an interface other than lo"


class Holds(StrEnum):
    """Whether a rule's conditions hold for a datagram."""

    YES = "yes"
    NO = "no"
    PERHAPS = "perhaps"


class Arrival(Struct, frozen=True, kw_only=True):
    """A datagram to a ring: where it comes in (`lo`, or None: any other interface), and to which port and address."""

    port: int
    address: str
    interface: str | None


class Rule(Struct, frozen=True, kw_only=True):
    """One rule: whether it holds, and what it does then: accept, drop, return, jump (`target`), or nothing."""

    holds: Holds
    does: str
    text: str
    target: str = ""


class Chain(Struct, frozen=True, kw_only=True):
    """Rules in order; `policy` is what happens at the end of one that begins at the hook."""

    rules: Sequence[Rule]
    policy: str = "accept"


class Verdict(Struct, frozen=True, kw_only=True):
    """What becomes of a datagram: accept, drop or perhaps, and the rule that decides."""

    does: str
    rule: str


def walk(start: str, chains: dict[str, Chain]) -> Verdict:
    """What the chain `start`, which begins at the hook, does."""
    doubts: list[Rule] = []
    decided = _followed(start, chains, doubts, depth=0)
    policy = chains[start].policy
    does, text = (decided.does, decided.text) if decided is not None else (policy, f"policy {policy} of {start}")
    against = next((rule for rule in doubts if rule.does != does), None)
    return Verdict(does="perhaps", rule=against.text) if against is not None else Verdict(does=does, rule=text)


def _followed(name: str, chains: dict[str, Chain], doubts: list[Rule], *, depth: int) -> Rule | None:
    if depth > DEEPEST or name not in chains:
        return None
    for rule in chains[name].rules:
        if rule.holds is Holds.NO or rule.does == "":
            continue
        if rule.does in ("jump", "goto"):
            before = len(doubts)
            decided = _followed(rule.target, chains, doubts, depth=depth + 1)
            if decided is None:
                continue
            if rule.holds is Holds.YES:
                return decided
            doubts.insert(before, decided)
        elif rule.holds is Holds.PERHAPS:
            doubts.append(rule)
        elif rule.does == "return":
            return None
        else:
            return rule
    return None


def look(site: Site) -> list[Result]:
    """Each ring that listens beyond this machine."""
    from services.cli.doctor import iptables, nftables  # noqa: PLC0415  # both build on this file

    if not site.is_root:
        how = "sudo nft list ruleset, or sudo iptables -S INPUT"
        return [skipped(f"Only root may read the firewall's rules: sudo restrike doctor. Or look: {how}")]
    for program, arguments, judge in (
        ("nft", ("-j", "list", "ruleset"), nftables.verdict),
        ("iptables", ("-S",), iptables.verdict),
    ):
        path = shutil.which(program)
        if path is None:
            continue
        rules = said(path, *arguments)
        if rules is not None and FOREIGN not in rules:
            return [_result(name, arrival, judge(rules, arrival)) for name, arrival in arrivals(site)]
    return [skipped("Neither nft nor iptables is there, or neither answers: there is no rule that could be read.")]


def said(path: str, *arguments: str) -> str | None:
    """What a program prints, None when it fails."""
    done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=ASK_WITHIN_S, check=False)
    return done.stdout if done.returncode == 0 else None


def arrivals(site: Site) -> Iterable[tuple[str, Arrival]]:
    """A datagram to each ring, as it would come from where its scoring system is."""
    interfaces = detect()
    best = recommended(interfaces)
    for ring in site.config.rings:
        address = best.address if ring.bind in ("auto", "0.0.0.0") and best is not None else ring.bind  # noqa: S104  # compared
        found = next((one for one in interfaces if one.address == address), None)
        name = found.name if found is not None else None
        yield ring.name, Arrival(port=ring.port, address=address, interface=name)


def _result(ring: str, arrival: Arrival, verdict: Verdict) -> Result:
    place = f"UDP {arrival.address}:{arrival.port}"
    fix = f"Let it in: ufw allow {arrival.port}/udp, or a rule of your own for udp dport {arrival.port}."
    if verdict.does == "accept":
        return ok(f"{place} is let in ({verdict.rule}).", ring)
    if verdict.does == "drop":
        return failed(f"{place} is dropped ({verdict.rule}).", fix, ring)
    return warning(f"{place} may be dropped; it depends on: {verdict.rule}", fix, ring)


def decoded(text: str) -> list[dict[str, object]]:
    """The objects of `nft -j list ruleset`."""
    document: dict[str, list[dict[str, object]]] = msgspec.json.decode(text)
    return document.get("nftables", [])
