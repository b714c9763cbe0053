"""Simulated matches, parsed and compared with the truth that was played."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from services.cli.captures import Datagram
from services.cli.simulator.bout import play
from services.cli.simulator.plan import Scenario, can_be_played
from services.cli.simulator.trouble import disturb
from services.cli.simulator.truth import RoundTruth, Truth
from services.pss_parser.ring import RingParser
from shared.messages.facts import InterpretationChosen
from shared.messages.match import AnyMatchEvent, Finding, MatchState, ResultAssessed
from shared.messages.pss import Technique, TechniqueCounts
from shared.messages.results import Result, RoundResult
from shared.messages.rules import Dialect, Interpretation, RuleSet
from shared.messages.wire import Entry
from shared.rules import shipped
from tests.support.golden import JOURNAL_ID, RING, STARTED_AT_US, parse

LOAD_LENGTH: Final = 12
ALLOWED: Final = {"match_without_end": Scenario.ABANDONED.value}
"""Findings above an information that follow from what a scenario plays."""


@dataclass
class Played:
    """A match that was played, what arrived of it, and what the parser made of it."""

    truth: Truth
    arrived: list[Datagram]
    state: MatchState
    events: list[AnyMatchEvent]
    failures: list[Exception]

    @property
    def findings(self) -> list[Finding]:
        """All findings, in order."""
        return [event for event in self.events if isinstance(event, Finding)]

    @property
    def result(self) -> Result | None:
        """The match's result: the last one that was assessed."""
        said = [event.result for event in self.events if isinstance(event, ResultAssessed)]
        mine = [result for result in said if result.match_id == self.state.match_id]
        return mine[-1] if mine else None

    def round(self, number: int) -> RoundResult | None:
        """A round's result."""
        return next((result for result in self.state.rounds if result.round == number), None)


@dataclass
class Score:
    """How many values of a kind came out right, were left open, and are wrong."""

    right: Counter[str] = field(default_factory=Counter)
    undetermined: Counter[str] = field(default_factory=Counter)
    knowable: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, kind: str, place: str, *, ours: object, truth: object, is_knowable: bool) -> bool:
        """Count one value; whether it was left open."""
        if ours == truth:
            self.right[kind] += 1
        elif ours is None:
            self.undetermined[kind] += 1
            self.knowable[kind] += is_knowable
            return True
        else:
            self.wrong.append(f"{place}: {kind} is {ours}, was {truth}")
        return False


def play_match(index: int, *, share: float = 0.0) -> Played:
    """Match `index` of a course through all rules, dialects and scenarios; `share` of its datagrams is lost, as many
    are duplicated, and as many overtaken. The rules come first, as the fact that a session begins with.
    """
    rule_sets = list(shipped().values())
    rules = rule_sets[index % len(rule_sets)]
    dialect = (Dialect.A, Dialect.B)[index // len(rule_sets) % 2]
    possible = [scenario for scenario in Scenario if can_be_played(scenario, rules)]
    scenario = possible[index // (2 * len(rule_sets)) % len(possible)]
    bout = play(index, rule_set=rules, dialect=dialect, scenario=scenario)
    arrived = bout.datagrams
    if share:
        arrived = disturb(arrived, index, loss=share, duplication=share, reordering=share).datagrams
    chosen = InterpretationChosen(interpretation=Interpretation(rule_set=rules, dialect=dialect))
    parser = RingParser(RING, JOURNAL_ID)
    events: list[AnyMatchEvent] = []
    failures: list[Exception] = []
    last_s = arrived[-1].at_s
    later = _after(last_s, rules, dialect)
    facts = [Entry(STARTED_AT_US, 0, fact=chosen)]
    state = parser.state()
    for entry in [*facts, *map(_entry, [*arrived, *later])]:
        if entry.body.startswith(b"pre;") and entry.received_at_us > _at_us(last_s):
            state = parser.state()
        (result,) = parse([entry], parser)
        events += [*result.events, *(event for message in result.messages for event in message.events)]
        if parser.failure is not None:
            failures.append(parser.failure)
    return Played(bout.truth, arrived, state, events, failures)


def compare(played: Played, score: Score) -> bool:
    """Compare a match with its truth; whether something was left open."""
    truth, result = played.truth, played.result
    place = f"{truth.seed} {truth.rule_set} {truth.dialect} {truth.scenario}"
    said = [datagram.body for datagram in played.arrived]
    has_result = any(body.startswith((b"win;", b"wmh;")) for body in said)
    has_code = truth.decision is not None and any(f" {truth.decision}".encode() in body for body in said)
    winner = truth.winner if truth.decision else None
    is_open = score.note("winner", place, ours=result.winner if result else None, truth=winner, is_knowable=has_result)
    ours = result.decision if result else None
    is_open |= score.note("decision", place, ours=ours, truth=truth.decision, is_knowable=has_code)
    for played_round in truth.rounds:
        is_open |= _compare_round(played, played_round, score, f"{place} round {played_round.number}")
    extra = [one.round for one in played.state.rounds if one.round > len(truth.rounds)]
    if extra:
        score.wrong.append(f"{place}: rounds {extra} were never fought")
    return is_open


def _compare_round(played: Played, truth: RoundTruth, score: Score, place: str) -> bool:
    found = played.round(truth.number)
    is_left = truth is played.truth.rounds[-1] and played.truth.decision is None
    if is_left:
        return False
    said = [datagram.body for datagram in played.arrived]
    reports = [body for body in said if body.startswith(f"rst;{truth.number};".encode())]
    totals = [
        body for body in said if f"s1{truth.number};{truth.score[0]};s2{truth.number};{truth.score[1]}".encode() in body
    ]
    winners = [body for body in said if f"rd{truth.number};{truth.winner}".encode() in body]
    is_open = score.note(
        "round winner", place, ours=found and found.winner, truth=truth.winner, is_knowable=bool(winners)
    )
    is_open |= score.note(
        "score", place, ours=found and found.score, truth=truth.score, is_knowable=bool(totals and reports)
    )
    is_open |= score.note(
        "gam-jeoms", place, ours=found and found.gam_jeoms, truth=truth.gam_jeoms, is_knowable=bool(reports)
    )
    for athlete, techniques in enumerate(truth.techniques):
        counts = (found.chong, found.hong)[athlete] if found else None
        is_open |= score.note(
            "techniques", place, ours=_counted(counts), truth=dict(techniques), is_knowable=bool(reports)
        )
    return is_open


def _counted(counts: TechniqueCounts | None) -> dict[Technique, int] | None:
    if counts is None:
        return None
    said = {
        Technique.PUNCH: counts.punch,
        Technique.BODY: counts.body,
        Technique.HEAD: counts.head,
        Technique.TECHNICAL_BODY: counts.technical_body,
        Technique.TECHNICAL_HEAD: counts.technical_head,
    }
    return {technique: count for technique, count in said.items() if count}


def _after(last_s: float, rules: RuleSet, dialect: Dialect) -> list[Datagram]:
    """What comes after a match: signs of life, and another match's load between them."""
    burst = [Datagram(last_s + 30 + one.at_s, one.body) for one in _next_load(rules.name, dialect)]
    return [Datagram(last_s + 10, b"avt;0;"), *burst, Datagram(last_s + 45, b"avt;0;")]


@cache
def _next_load(rule_set: str, dialect: Dialect) -> list[Datagram]:
    following = play(0, rule_set=shipped()[rule_set], dialect=dialect, scenario=Scenario.PLAIN, match_number="1000")
    return following.datagrams[:LOAD_LENGTH]


def _entry(datagram: Datagram) -> Entry:
    return Entry(_at_us(datagram.at_s), round(datagram.at_s * 1e6), "192.0.2.10", 50_000, datagram.body)


def _at_us(at_s: float) -> int:
    return STARTED_AT_US + round(at_s * 1e6)
