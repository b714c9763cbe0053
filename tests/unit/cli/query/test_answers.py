"""What `restrike query` says of matches, athletes, reviews and rounds, against what was played."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from services.cli.simulator.truth import Truth
from shared.messages.pss import Technique
from tests.unit.cli.conftest import Run
from tests.unit.cli.query.conftest import Ask
from tests.unit.cli.query.played import Played

ALL = "100000"
NAMES = {
    Technique.PUNCH: "punches",
    Technique.BODY: "body_kicks",
    Technique.HEAD: "head_kicks",
    Technique.TECHNICAL_BODY: "technical_body_kicks",
    Technique.TECHNICAL_HEAD: "technical_head_kicks",
}


def _fought(played: Played) -> list[tuple[str, Truth]]:
    """The matches that came to an end: of the others the scoring system reports no last round."""
    return [(ring, truth) for ring, truth in played.truths if truth.decision]


def _techniques(truth: Truth, side: int) -> Counter[str]:
    counted: Counter[str] = Counter()
    for one in truth.rounds:
        counted.update({NAMES[technique]: count for technique, count in one.techniques[side].items()})
    return counted


def _counted(row: dict[str, Any]) -> Counter[str]:
    return +Counter({name: row[name] for name in NAMES.values()})


def test_techniques_by_athlete_country_and_weight(ask: Ask, played: Played) -> None:
    """The sums of what scored in the matches' rounds, by whom it is asked for."""
    for ring in {ring for ring, _ in _fought(played)}:
        athletes: dict[str, Counter[str]] = {}
        countries: dict[str, Counter[str]] = {}
        weights: dict[str, Counter[str]] = {}
        for _, truth in [one for one in _fought(played) if one[0] == ring]:
            for side, athlete in enumerate((truth.chong, truth.hong)):
                mine = _techniques(truth, side)
                athletes[f"{athlete.long_name} {athlete.noc}"] = mine
                countries[athlete.noc] = countries.get(athlete.noc, Counter()) + mine
                weights[truth.weight_class] = weights.get(truth.weight_class, Counter()) + mine
        for by, expected in (("athlete", athletes), ("country", countries), ("weight", weights)):
            found = ask("techniques", "--by", by, "--ring", ring, "--limit", ALL)["techniques"]
            assert {row["shown"]: _counted(row) for row in found} == expected
            assert [row["techniques"] for row in found] == sorted((row["techniques"] for row in found), reverse=True)


def test_techniques_by_time(ask: Ask, asked: Run, played: Played) -> None:
    """By hour what was announced by `pt`; by day and tournament all of it in one row each."""
    sent = Counter(_hour_of(second) for second, body in played.bodies() if body.startswith(b"pt"))
    by_hour = ask("techniques", "--by", "hour")["techniques"]
    assert sum(row["techniques"] for row in by_hour) == sum(sent.values())
    assert len(by_hour) == len(sent)
    (day,) = ask("techniques", "--by", "day")["techniques"]
    (tournament,) = ask("techniques", "--by", "tournament")["techniques"]
    assert (day["counted_by"], tournament["shown"]) == ("2026-03-01", "Zagreb Open")
    assert day["techniques"] == tournament["techniques"] > 0
    refused = asked("techniques", "--by", "hour", "--weight", "68")
    assert (refused.code, "only --ring, --day, --from and --to" in refused.err) == (1, True)


def test_athletes_and_their_record(ask: Ask, played: Played) -> None:
    """Matches and wins of each, the most wins first; by country and by name only those."""
    expected = {
        athlete.long_name: (1, int(truth.winner == side))
        for _, truth in _fought(played)
        for side, athlete in enumerate((truth.chong, truth.hong), 1)
    }
    found = ask("athletes", "--rank", "wins", "--limit", ALL)["athletes"]
    record = {row["long_name"]: (row["matches"], row["wins"]) for row in found}
    assert {name: record[name] for name in expected} == expected
    assert sum(wins for _, wins in record.values()) == len(_fought(played))
    assert [row["wins"] for row in found] == sorted((row["wins"] for row in found), reverse=True)
    noc = found[0]["country_code"]
    countrymen = ask("athletes", "--country", noc.lower())["athletes"]
    assert {row["country_code"] for row in countrymen} == {noc}
    (one,) = ask("athletes", "--athlete", str(found[0]["id"]))["athletes"]
    assert one["long_name"] == found[0]["long_name"]
    assert found[0]["long_name"] in {
        row["long_name"] for row in ask("athletes", "--name", found[0]["long_name"])["athletes"]
    }


def test_head_to_head(ask: Ask, asked: Run, played: Played) -> None:
    """Who won, from whichever side it is asked; athletes who never met; a name that several bear."""
    _, truth = _fought(played)[0]
    sides = (truth.chong.long_name, truth.hong.long_name)
    wins = [int(truth.winner == 1), int(truth.winner == 2)]
    found = ask("head-to-head", *sides)
    assert (found["wins"], len(found["matches"])) == (wins, 1)
    assert ask("head-to-head", *reversed(sides))["wins"] == wins[::-1]
    assert found["points"] == ask("head-to-head", *reversed(sides))["points"][::-1]
    assert f" {wins[0]} : {wins[1]} " in asked("head-to-head", *sides).out.splitlines()[0]
    other = _fought(played)[1][1].chong.long_name
    assert "have not fought each other" in asked("head-to-head", sides[0], other).out
    first_names = Counter(athlete.long_name.split()[0] for _, one in played.truths for athlete in (one.chong, one.hong))
    shared = next(name for name, count in first_names.items() if count > 1)
    refused = asked("head-to-head", shared, other)
    assert (refused.code, f"Several athletes are called {shared}: " in refused.err) == (1, True)
    assert "Give the number of one." in refused.err


def test_challenges_and_their_outcome(ask: Ask, asked: Run, played: Played) -> None:
    """All reviews in order, how each ended, and how many ended how; by outcome, match and athlete only those."""
    expected = [
        (ring, truth.match_number, one.round, one.athlete, one.outcome.value)
        for ring, truth in played.truths
        for one in truth.challenges
    ]
    found = ask("challenges", "--oldest")
    assert sorted(
        (row["ring"], row["match_number"], row["round"], row["athlete_position"], row["outcome"])
        for row in found["challenges"]
    ) == sorted(expected)
    assert found["outcomes"] == Counter(row[-1] for row in expected)
    rejected = ask("challenges", "--outcome", "rejected")["challenges"]
    assert len(rejected) == sum(row[-1] == "rejected" for row in expected) > 0
    ring, truth = played.truths[0]
    asker = (truth.chong, truth.hong)[truth.challenges[0].athlete - 1]
    mine = ask("challenges", "--athlete", asker.long_name)["challenges"]
    assert {(row["athlete"], row["ring"]) for row in mine} == {(asker.short_name, ring)}
    assert all(len(line) <= 100 for line in asked("challenges").out.splitlines())


def test_rounds_by_length(ask: Ask, played: Played) -> None:
    """As long as their clock ran (to the second, as it may be set), the longest or the shortest first."""
    fought = {(ring, truth.match_number, one.number): one.fought_s for ring, truth, one in played.rounds if one.method}
    for order, is_reverse in (("--longest", True), ("--shortest", False)):
        rows = ask("rounds", order, "--limit", ALL)["rounds"]
        found = {(row["ring"], row["match_number"], row["round"]): row["fought_s"] for row in rows}
        assert all(abs(found[key] - seconds) < 2 for key, seconds in fought.items())
        assert list(found.values()) == sorted(found.values(), reverse=is_reverse)
    assert {row["round"] for row in ask("rounds", "--round", "3")["rounds"]} == {3}


def test_matches_by_their_filters(ask: Ask, asked: Run, played: Played) -> None:
    """Each filter gives the matches that were played so."""
    ring, truth = _fought(played)[0]
    wanted: dict[tuple[str, str], Callable[[Truth], bool]] = {
        ("--weight", truth.weight_class): lambda one: one.weight_class == truth.weight_class,
        ("--country", truth.hong.noc): lambda one: truth.hong.noc in (one.chong.noc, one.hong.noc),
        ("--phase", truth.phase.upper()): lambda one: one.phase == truth.phase,
        ("--decision", "ptf"): lambda one: one.decision == "PTF",
        ("--status", "open"): lambda one: one.decision is None,
        ("--athlete", truth.chong.long_name): lambda one: truth.chong in (one.chong, one.hong),
        ("--tournament", "zagreb open"): lambda _: True,
        ("--tournament", "Split Cup"): lambda _: False,
        ("--day", "2026-03-01"): lambda _: True,
        ("--from", "2026-03-02T09:00:00+00:00"): lambda _: False,
        ("--match", "101"): lambda one: one.match_number == "101",
    }
    for options, is_wanted in wanted.items():
        rows = ask("matches", *options, "--limit", ALL)["matches"]
        expected = {(name, one.match_number) for name, one in played.truths if is_wanted(one)}
        assert {(row["ring"], row["match_number"]) for row in rows} == expected, options
    assert len(ask("matches", "--ring", ring)["matches"]) == 2
    assert all(len(line) <= 100 for line in asked("matches").out.splitlines())
    assert "There is no weight category 999." in asked("matches", "--weight", "999").err


def test_interventions(ask: Ask, asked: Run, played: Played) -> None:
    """Per match the gam-jeoms, reviews, injuries and corrections that were played; in a match, each in order."""
    rows = ask("interventions", "--limit", ALL)["interventions"]
    found = {(row["ring"], row["match_number"]): row for row in rows}
    for ring, truth in _fought(played):
        row = found[ring, truth.match_number]
        gam_jeoms = [sum(one.gam_jeoms[side] for one in truth.rounds) for side in (0, 1)]
        assert [row["chong_gam_jeoms"], row["hong_gam_jeoms"]] == gam_jeoms
        assert (row["reviews"], row["injuries"]) == (len(truth.challenges), len(truth.injuries))
        assert row["corrections"] >= len(truth.corrections)
    ring, truth = next(one for one in _fought(played) if one[1].injuries)
    told = ask("interventions", "--match", found[ring, truth.match_number]["match_id"])["interventions"]
    assert [row["at"] for row in told] == sorted(row["at"] for row in told)
    kinds = Counter(row["what"] for row in told)
    assert kinds["injury"] == len(truth.injuries)
    counts = [
        row["chong_gam_jeoms"] + row["hong_gam_jeoms"] + row["reviews"] + row["injuries"] + row["corrections"]
        for row in ask("interventions", "--most", "--limit", ALL)["interventions"]
    ]
    assert counts == sorted(counts, reverse=True)
    assert asked("interventions", "--match", "101").code == 0


def test_comebacks(ask: Ask) -> None:
    """Only matches that somebody won, those with the most points made up first; none below what is asked for."""
    found = ask("comebacks", "--limit", ALL)["comebacks"]
    points = [row["comeback_points"] for row in found]
    assert points == sorted(points, reverse=True)
    assert {row["winner"] for row in found} <= {1, 2}
    least = max(points, default=0)
    assert {row["comeback_points"] for row in ask("comebacks", "--least", str(least))["comebacks"]} == {least}


@pytest.mark.parametrize("severity", ["information", "warning", "error"])
def test_findings(ask: Ask, played: Played, severity: str) -> None:
    """What the parser found, at least as severe; by rule only that; of a match the same whichever way it is asked."""
    order = ["information", "warning", "error"]
    wanted = [one for one in played.findings if order.index(one.severity) >= order.index(severity)]
    found = ask("findings", "--severity", severity, "--limit", ALL)["findings"]
    assert Counter(row["rule"] for row in found) == Counter(one.rule for one in wanted)
    assert [row["found_at"] for row in found] == sorted((row["found_at"] for row in found), reverse=True)
    for rule in {one.rule for one in wanted}:
        of_rule = ask("findings", "--rule", rule, "--severity", severity)["findings"]
        assert of_rule == [row for row in found if row["rule"] == rule]
    for match_id in {row["match_id"] for row in found} - {None}:
        of_match = ask("findings", "--match", match_id, "--severity", severity)["findings"]
        assert of_match == [row for row in found if row["match_id"] == match_id]


def test_sessions(ask: Ask, played: Played) -> None:
    """All that was heard, and what of it in each ring."""
    found = ask("sessions")
    sent = len(played.bodies())
    assert (found["totals"]["sessions"], found["totals"]["datagrams"], found["totals"]["events"]) == (4, sent, sent)
    assert found["totals"]["matches"] == len(played.truths)
    assert found["last_24_h"] == {"sessions": 0, "events": 0, "matches": 0}
    heard = {row["ring"]: (row["packets_received"], row["matches"]) for row in found["sessions"]}
    assert heard == {ring: (len(one.datagrams), len(one.truths)) for ring, one in played.courses.items()}


def _hour_of(second: float) -> int:
    return int(second // 3600)
