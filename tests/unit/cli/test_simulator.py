"""What the simulator plays: the same from a seed, in the captures' form, and true by a count of its own."""

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import chain, pairwise, product

import pytest

from services.cli.captures import Datagram
from services.cli.simulator.bout import play
from services.cli.simulator.plan import Scenario, can_be_played
from services.cli.simulator.truth import Bout, Corrected, Decision, Method, Outcome, RoundTruth, Truth
from services.cli.simulator.venue import Wish, in_time, play_ring
from shared.messages.pss import Technique
from shared.messages.rules import Dialect, Format, RuleSet
from shared.rules import shipped
from tests.support.captures import NAMES, capture

RULES = shipped()
GIVEN = {Method.WITHDRAWAL, Method.DISQUALIFICATION, Method.REFEREE_STOP}
ORDER = (Technique.BODY, Technique.HEAD, Technique.PUNCH, Technique.TECHNICAL_BODY, Technique.TECHNICAL_HEAD)
KINDS = dict(enumerate(Technique, 1))


def _bouts(scenario: Scenario, *, seeds: int = 64) -> list[tuple[RuleSet, Bout]]:
    """Matches of a scenario, in all rule sets that know it and both dialects, in turn."""
    known = [rules for rules in RULES.values() if can_be_played(scenario, rules)]
    ways = list(product(known, Dialect))
    found = []
    for seed in range(seeds):
        rules, dialect = ways[seed % len(ways)]
        found.append((rules, _bout(seed, rules.name, dialect, scenario)))
    return found


@cache
def _bout(seed: int, rule_set: str, dialect: Dialect, scenario: Scenario) -> Bout:
    return play(seed, rule_set=RULES[rule_set], dialect=dialect, scenario=scenario)


def _texts(datagrams: list[Datagram]) -> list[str]:
    return [datagram.body.decode(errors="replace") for datagram in datagrams]


class Count:
    """What the datagrams say, read by a few lines that know nothing of the simulator's own."""

    def __init__(self, bout: Bout) -> None:
        self.scores: dict[int, tuple[int, int]] = {1: (0, 0)}
        self.gam_jeoms: dict[int, tuple[int, int]] = {1: (0, 0)}
        self.points: Counter[tuple[int, int, int]] = Counter()
        self.hits: Counter[tuple[int, int]] = Counter()
        self.statistics: dict[int, list[int]] = {}
        self.said: dict[str, str] = {}
        self.loads = 0
        number = 1
        for text in _texts(bout.datagrams):
            stream, *fields = text.rstrip(";").split(";")
            self.said[stream] = text
            if stream == "rnd":
                if number != int(fields[0]):
                    number = int(fields[0])
                    self.scores[number] = self.gam_jeoms[number] = (0, 0)
            elif stream == "sc1":
                self.scores[number] = (int(fields[0]), int(fields[2]))
            elif stream == "wg1":
                self.gam_jeoms[number] = (int(fields[0]), int(fields[2]))
            elif stream in ("pt1", "pt2"):
                self.points[number, int(stream[2]), int(fields[0])] += 1
            elif stream in ("hl1", "hl2"):
                self.hits[number, int(stream[2])] += 1
            elif stream == "rst":
                self.statistics[int(fields[0])] = [int(field) for field in fields[1:] if field.isdecimal()]
            elif stream == "pre":
                self.loads += 1


def _check_round(fought: RoundTruth, count: Count, *, truth: Truth, rules: RuleSet) -> None:
    """The truth of a round is what was sent in it."""
    number = fought.number
    assert count.scores[number] == fought.score
    assert count.gam_jeoms[number] == fought.gam_jeoms
    for athlete in (1, 2):
        techniques = fought.techniques[athlete - 1]
        sent = {
            value: times
            for (round_number, who, value), times in count.points.items()
            if (round_number, who) == (number, athlete)
        }
        if truth.dialect is Dialect.B:
            assert {KINDS[value]: times for value, times in sent.items()} == techniques
        else:
            assert sent == {rules.points[technique]: times for technique, times in techniques.items()}
        assert count.hits[number, athlete] == fought.hits[athlete - 1]
        lowered = sum(
            c.before - c.after
            for c in truth.corrections
            if (c.round, c.what, c.athlete) == (number, Corrected.SCORE, athlete)
        )
        gained = sum(rules.points[technique] * times for technique, times in techniques.items())
        assert fought.score[athlete - 1] == gained + fought.gam_jeoms[2 - athlete] * rules.gam_jeom_points - lowered
    if truth.decision is not None or number < len(truth.rounds):
        sides = zip(fought.techniques, fought.gam_jeoms, strict=True)
        expected = [[*(side.get(technique, 0) for technique in ORDER), warnings] for side, warnings in sides]
        assert count.statistics[number] == list(chain.from_iterable(expected))


def _check_method(fought: RoundTruth, earlier: list[RoundTruth], *, rules: RuleSet) -> None:
    """The winner of a round is who the method says."""
    counted = [fought] if rules.format is Format.BEST_OF_THREE else [*earlier, fought]
    lead = sum(one.score[0] - one.score[1] for one in counted)
    winner, loser = fought.winner - 1, 2 - fought.winner
    if fought.method is Method.GAM_JEOMS:
        assert sum(one.gam_jeoms[loser] for one in counted) >= rules.gam_jeom_limit
    elif fought.method is Method.GAP:
        assert abs(lead) >= rules.point_gap
        assert fought.winner == (1 if lead > 0 else 2)
    elif fought.method is Method.POINTS:
        assert fought.score[winner] > fought.score[loser]
        assert not (rules.format is Format.BEST_OF_THREE and abs(lead) >= rules.point_gap)
    elif fought.method in (Method.SUPERIORITY, Method.OFFICIALS):
        assert fought.score[0] == fought.score[1]
        assert fought.tie_break in rules.tie
    elif fought.method is None:
        assert fought.winner == 0


def _check_result(truth: Truth, *, rules: RuleSet) -> None:
    """The match's winner follows from its rounds."""
    sums = [sum(one.score[side] for one in truth.rounds) for side in (0, 1)]
    last = truth.rounds[-1]
    if truth.decision is None:
        assert (truth.winner, truth.scenario in ("abandoned", "mixed")) == (0, True)
    elif last.method in GIVEN:
        assert truth.winner == last.winner
        assert truth.decision in (Decision.WDR, Decision.DSQ, Decision.DQB, Decision.RSC)
    elif rules.format is Format.BEST_OF_THREE:
        assert truth.rounds_won[truth.winner - 1] == 2 > truth.rounds_won[2 - truth.winner]
        assert (truth.decision is Decision.PUN) == (last.method is Method.GAM_JEOMS)
    elif truth.decision in (Decision.PUN, Decision.PTG):
        assert truth.winner == last.winner
    elif truth.decision is Decision.SUP:
        assert sums[0] == sums[1]
        assert truth.tie_break in rules.tie
    else:
        assert sums[truth.winner - 1] > sums[2 - truth.winner]
        assert (truth.decision is Decision.GDP) == (last.number > rules.rounds)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", Scenario)
def test_the_truth_is_what_was_sent(scenario: Scenario) -> None:
    """Over seeds, rule sets and dialects: scores, gam-jeoms, techniques, hits, statistics, winners and the result."""
    for rules, bout in _bouts(scenario):
        truth, count = bout.truth, Count(bout)
        assert [fought.number for fought in truth.rounds] == sorted(count.scores)
        for index, fought in enumerate(truth.rounds):
            _check_round(fought, count, truth=truth, rules=rules)
            _check_method(fought, truth.rounds[:index], rules=rules)
        _check_result(truth, rules=rules)
        assert count.loads == truth.loads
        if truth.decision is not None:
            assert count.said["win"] == f"win;{('', 'BLUE', 'RED')[truth.winner]}"
            declared = [fought.winner for fought in truth.rounds[:3]] + [0] * (3 - len(truth.rounds))
            assert re.findall(r"rd\d;(\d)", count.said["wrd"]) == [str(winner) for winner in declared]
            won = f"{truth.rounds_won[0]}-{truth.rounds_won[1]} {truth.decision}"
            if truth.dialect is Dialect.B:
                winner = (truth.chong, truth.hong)[truth.winner - 1]
                assert count.said["wmh"] == f"wmh;{winner.long_name};{won};"


@pytest.mark.parametrize("scenario", Scenario)
def test_the_clock_counts_each_second(scenario: Scenario) -> None:
    """Datagrams are at least 12 ms apart; ticks go down by one, a second of a running clock each; the time that the
    clock ran is the truth's.
    """
    for _, bout in _bouts(scenario, seeds=16):
        times = [datagram.at_s for datagram in bout.datagrams]
        assert times[0] == 0
        assert all(after - before > 0.0119 for before, after in pairwise(times))
        shown, since_s = None, 0.0
        ran_s = [0.0]
        for datagram in bout.datagrams:
            stream, *fields = datagram.body.decode(errors="replace").rstrip(";").split(";")
            if stream == "rnd" and int(fields[0]) > len(ran_s):
                ran_s.append(0.0)
            if stream != "clk":
                continue
            minutes, seconds = map(int, fields[0].split(":"))
            action = fields[1] if len(fields) > 1 else None
            if action is None and since_s:
                assert shown is not None
                assert minutes * 60 + seconds == shown - 1
            shown = minutes * 60 + seconds
            if action == "start":
                since_s = datagram.at_s
            elif action in ("stop", "stopEnd") and since_s:
                ran_s[-1] += datagram.at_s - since_s
                since_s = 0.0
        assert ran_s == pytest.approx([fought.fought_s for fought in bout.truth.rounds], abs=0.5)


def test_a_seed_is_a_match() -> None:
    """The same seed gives the same bytes, times and truth; another one another match."""
    for scenario, dialect in product(Scenario, Dialect):
        first, again, other = (
            play(seed, rule_set=RULES["wt-2018"], dialect=dialect, scenario=scenario) for seed in (7, 7, 8)
        )
        assert first == again
        assert first.datagrams != other.datagrams


def _shape(text: str) -> str:
    """A message with its numbers and names left out: what makes its form."""
    stream = text.partition(";")[0]
    if stream in ("at1", "mch", "ref", "wmh"):
        return f"{stream} {text.count(';')} {text.endswith(';')}"
    return re.sub(r"(BLUE|RED|TIE)", "WHO", re.sub(r"\d+", "0", text))


def _stream(shape: str) -> str:
    return re.split("[; ]", shape)[0]


def test_the_form_is_that_of_the_captures() -> None:
    """Dialect B says everything that was captured in the very form, and those streams in no other."""
    captured = {_shape(body.decode()) for name in NAMES for _, body in capture(name)}
    known = [scenario for scenario in Scenario if can_be_played(scenario, RULES["wt-2022"])]
    bouts = [play(seed, rule_set=RULES["wt-2022"], scenario=scenario) for seed in range(12) for scenario in known]
    played = {_shape(text) for bout in bouts for text in _texts(bout.datagrams)}
    assert captured <= played
    streams = {_stream(shape) for shape in captured} - {"Udp"}
    others = {shape for shape in played - captured if _stream(shape) in streams}
    assert others == {"clk;0:0;corr;"}


def test_a_load_is_the_captured_burst() -> None:
    """The twelve messages in their order, 12 to 15 ms apart, of a match that has not begun."""
    expected = [body.decode() for _, body in capture(NAMES[0])[:12]]
    said = play(3, rule_set=RULES["wt-2022"], scenario=Scenario.PLAIN).datagrams[:12]
    for captured, datagram in zip(expected, said, strict=True):
        text = datagram.body.decode()
        stream = text.partition(";")[0]
        assert text == captured or (stream in ("at1", "mch", "ref") and _shape(text) == _shape(captured))
    gaps = [round(after.at_s - before.at_s, 3) for before, after in pairwise(said)]
    assert all(0.012 <= gap <= 0.015 for gap in gaps)


def test_what_dialect_a_does_otherwise() -> None:
    """Short names twice, the sex in words, no thresholds, points instead of techniques, the winner's name first; and a
    datagram loses as many bytes at its end as its characters take more than one.
    """
    bouts = [play(seed, rule_set=RULES["wt-2022"], dialect=Dialect.A) for seed in range(40)]
    cut = 0
    for bout in bouts:
        chong, hong = bout.truth.chong, bout.truth.hong
        named = "".join(f"at{n};{who.short_name};{who.short_name};{who.noc};" for n, who in ((1, chong), (2, hong)))
        bodies = {datagram.body for datagram in bout.datagrams}
        assert named.encode()[: len(named)] in bodies
        cut += len(named) != len(named.encode())
        (match,) = {body.decode() for body in bodies if body.startswith(b"mch")}
        assert re.search(r";(MEN|WOMEN) [+-]\d+kg;.*;cntDown;$", match)
        assert {int(body[4:-1]) for body in bodies if body.startswith(b"pt")} <= {1, 2, 3}
        if bout.truth.decision is not None:
            streams = [datagram.body[:3] for datagram in bout.datagrams]
            assert streams.index(b"wmh") + 1 == streams.index(b"win")
    assert 10 < cut < 40


@pytest.mark.slow
def test_each_scenario_shows_what_it_is_named_for() -> None:
    """Not merely a name: every match of it, in whatever rules and dialect, has the thing in it."""
    shows: dict[Scenario, Callable[[Truth], object]] = {
        Scenario.TIE: lambda truth: any(one.score[0] == one.score[1] for one in truth.rounds),
        Scenario.GOLDEN_ROUND: lambda truth: len(truth.rounds) == 4 and truth.decision in ("GDP", "SUP"),
        Scenario.DISQUALIFICATION: lambda truth: truth.decision in ("DSQ", "DQB"),
        Scenario.WITHDRAWAL: lambda truth: truth.decision == "WDR",
        Scenario.REFEREE_STOP: lambda truth: truth.decision == "RSC",
        Scenario.INJURIES: lambda truth: truth.injuries,
        Scenario.CHALLENGES: lambda truth: truth.challenges,
        Scenario.RELOAD: lambda truth: truth.loads > 1,
        Scenario.RELOADS_BEFORE: lambda truth: truth.loads > 1,
        Scenario.ABANDONED: lambda truth: truth.winner == 0,
    }
    for scenario, is_shown in shows.items():
        # A match of summed rounds may end before its turn comes, by a point gap.
        missing = [bout.truth.seed for _, bout in _bouts(scenario) if not is_shown(bout.truth)]
        assert len(missing) <= 6, scenario
    methods = {Scenario.POINT_GAP: Method.GAP, Scenario.GAM_JEOM_LIMIT: Method.GAM_JEOMS}
    for scenario, method in methods.items():
        found = [any(one.method is method for one in bout.truth.rounds) for _, bout in _bouts(scenario)]
        assert sum(found) >= 50, scenario
    corrected = {c.what for _, bout in _bouts(Scenario.CORRECTIONS) for c in bout.truth.corrections}
    assert corrected == set(Corrected)
    outcomes = {c.outcome for _, bout in _bouts(Scenario.CHALLENGES) for c in bout.truth.challenges}
    assert outcomes == set(Outcome)
    tested = [b"hwt;1;" in {d.body for d in bout.datagrams} for _, bout in _bouts(Scenario.HARDWARE_TESTS)]
    assert all(tested)


def test_rules_that_know_no_golden_round() -> None:
    """Asked for one, they refuse."""
    with pytest.raises(ValueError, match="wt-2022 knows no golden-round"):
        play(1, rule_set=RULES["wt-2022"], scenario=Scenario.GOLDEN_ROUND)


def test_injuries_count_down_to_their_end() -> None:
    """The ticks of each injury are its seconds; one that expires is hidden twice, as captured."""
    for _, bout in _bouts(Scenario.INJURIES, seeds=24):
        texts = [text for text in _texts(bout.datagrams) if text.startswith("ij")]
        assert sum(text.endswith("show;") for text in texts) == len(bout.truth.injuries)
        ticks = sum(text.count(";") == 2 for text in texts)
        assert ticks == sum(min(one.seconds, 59) + 1 for one in bout.truth.injuries)
        assert sum(text.endswith(";0:00;hide;") for text in texts) == sum(o.seconds == 60 for o in bout.truth.injuries)


def test_techniques_are_plausible() -> None:
    """Body and head kicks dominate; few punches, few turning kicks; rounds of up to 20 points a side, but for gaps."""
    bouts = [play(seed, rule_set=RULES["wt-2022"], scenario=Scenario.PLAIN) for seed in range(150)]
    used: Counter[Technique] = Counter()
    for bout in bouts:
        for fought in bout.truth.rounds:
            assert max(fought.score) <= 24  # 20 by techniques, and gam-jeoms
            used.update(fought.techniques[0])
            used.update(fought.techniques[1])
    total = sum(used.values())
    assert (used[Technique.BODY] + used[Technique.HEAD]) / total > 0.7
    assert used[Technique.BODY] > used[Technique.HEAD] > used[Technique.PUNCH] > used[Technique.TECHNICAL_HEAD] > 0
    levels = {int(text[4:-1]) for bout in bouts for text in _texts(bout.datagrams) if text.startswith("hl")}
    assert levels <= set(range(20, 100))
    assert len(levels) > 50


def test_a_ring_plays_one_match_after_the_other() -> None:
    """Numbered, 20 to 120 s apart, in order of time; other rings play other matches; all together stay in order."""
    wish = Wish(seed=5, rule_set=RULES["wt-2022"], matches=4)
    one, two = play_ring("ring-1", wish), play_ring("ring-2", wish)
    assert one == play_ring("ring-1", wish)
    assert one.datagrams != two.datagrams
    assert [truth.match_number for truth in one.truths] == ["101", "102", "103", "104"]
    times = [datagram.at_s for datagram in one.datagrams]
    assert times == sorted(times)
    for end_s in one.ends_s[:-1]:
        after_s = min(at_s for at_s in times if at_s > end_s)
        assert 20 <= after_s - end_s <= 120.001
    merged = list(in_time([one.datagrams, two.datagrams]))
    assert [due.at_s for due in merged] == sorted(due.at_s for due in merged)
    assert [due.body for due in merged if due.ring == 1] == [datagram.body for datagram in two.datagrams]
