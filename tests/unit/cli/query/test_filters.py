"""Filters in any combination, against all events looked at one by one; and `restrike match list` by its filters."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from services.cli.query import event_rows, names
from services.cli.query.event_rows import Wanted, read_events
from services.cli.query.filters import Filters
from services.cli.query.source import Row, Source
from shared.db.sqlite import connect_reader, connect_writer
from tests.unit.cli.conftest import Run
from tests.unit.cli.query.played import Played

TECHNIQUES = {"P", "K", "H", "TB", "TH"}
KINDS = {("technique",): TECHNIQUES, ("clk",): {"CLK"}, ("K", "Gam-jeom"): {"K", "R"}, ("C",): {"C"}, (): None}
CLOCKS = {"0:30-0:00": (0, 30_000), "100-60": (60_000, 100_000), None: None}
WINDOWS = [
    (None, None),
    ("2026-03-01T09:03:00+00:00", None),
    (None, "2026-03-01T09:08:30+00:00"),
    ("2026-03-01T09:02:10+00:00", "2026-03-01T09:09:00+00:00"),
]


EDIT = """
INSERT INTO match_edits (edit_id, match_id, match_key, ring, entry, author, reason, changes, made_at, undone_at)
SELECT ?1, id, match_id, ring, 1, 'ana', 'x', ?2, '', ?3 FROM pss_matches WHERE id = 1
"""
EDITS = [
    ('{"match_number":"8","phase":"Final"}', None),
    ('{"match_number":"9.A","chong_name":"Marija"}', None),
    ('{"match_number":"7"}', "2026-03-01T12:00:00Z"),
]
ANSWERS = {"events": "events", "challenges": "challenges", "rounds": "rounds", "matches": "matches"}


@pytest.fixture(scope="module")
def source(played: Played) -> Iterator[Source]:
    with closing(connect_reader(played.path)) as connection:
        yield Source(connection, played.path)


@pytest.fixture(scope="module")
def everything(source: Source) -> list[Row]:
    """All events, the oldest first."""
    return read_events(source, Filters(), Wanted(limit=10**9, is_oldest=True))


def _drawn(random: Random, played: Played) -> tuple[Filters, Wanted]:
    """Filters of which about half are set."""
    _, truth = random.choice(played.truths)
    since, until = random.choice(WINDOWS)
    filters = Filters(
        match=random.choice([None, None, "101"]),
        athlete=random.choice([None, None, truth.hong.long_name]),
        ring=random.choice([None, random.choice(list(played.courses))]),
        tournament=random.choice([None, None, "active"]),
        since=since,
        until=until,
    )
    wanted = Wanted(
        kinds=random.choice(list(KINDS)),
        round=random.choice([None, None, 1, 3]),
        clock=random.choice([None, *CLOCKS]),
        limit=10**9,
        is_oldest=random.random() < 0.5,
    )
    return filters, wanted


def _fits(row: Row, filters: Filters, wanted: Wanted, sides: dict[str, int]) -> bool:
    """Whether an event passes, looked at by itself; `sides` are those of the athlete, by match."""
    codes, clock = KINDS[wanted.kinds], CLOCKS[wanted.clock]
    side = (row["reading"] or {}).get("athlete")
    return (
        (filters.match is None or row["match_number"] == filters.match)
        and (filters.athlete is None or (row["match_id"] in sides and side in (None, 0, sides[row["match_id"]])))
        and (filters.ring is None or row["ring"] == filters.ring)
        and (filters.tournament is None or row["match_id"] is not None)
        and (filters.since is None or row["timestamp"] >= filters.since[:19])
        and (filters.until is None or row["timestamp"] < filters.until[:19])
        and (codes is None or row["code"] in codes)
        and (wanted.round is None or row["round"] == wanted.round)
        and (clock is None or (row["clock_ms"] is not None and clock[0] <= row["clock_ms"] <= clock[1]))
    )


def _sides(source: Source, name: str | None) -> dict[str, int]:
    if name is None:
        return {}
    sql = (
        "SELECT m.match_id, p.athlete_position AS side FROM pss_match_athletes p"
        " JOIN pss_matches m ON m.id = p.match_id WHERE p.athlete_id = :athlete"
    )
    return {row["match_id"]: row["side"] for row in source.rows(sql, athlete=names.athlete(source, name)["id"])}


@pytest.mark.slow
@pytest.mark.parametrize("few_rounds", [0, 300], ids=["walk", "by match"])
@pytest.mark.parametrize("seed", range(5))
def test_any_combination(
    source: Source,
    everything: list[Row],
    played: Played,
    monkeypatch: pytest.MonkeyPatch,
    *,
    seed: int,
    few_rounds: int,
) -> None:
    """Whatever way the question goes, it gives what passes all filters; a limit gives the first of them."""
    monkeypatch.setattr(event_rows, "FEW_ROUNDS", few_rounds)
    random = Random(seed)
    for _ in range(12):
        filters, wanted = _drawn(random, played)
        sides = _sides(source, filters.athlete)
        expected = {row["id"] for row in everything if _fits(row, filters, wanted, sides)}
        found = [row["id"] for row in read_events(source, filters, wanted)]
        assert len(found) == len(set(found)), (filters, wanted)
        assert set(found) == expected, (filters, wanted)
        limited = Wanted(
            kinds=wanted.kinds, round=wanted.round, clock=wanted.clock, limit=5, is_oldest=wanted.is_oldest
        )
        assert [row["id"] for row in read_events(source, filters, limited)] == found[:5], (filters, wanted)


def test_the_newest_of_all_rings_are_in_order_of_time(everything: list[Row]) -> None:
    """Though the rings were stored one after the other."""
    assert [row["timestamp"] for row in everything] == sorted(row["timestamp"] for row in everything)


@pytest.mark.parametrize(
    ("options", "matches"),
    [
        ((), 8),
        (("--tournament", "Zagreb Open"), 8),
        (("--tournament", "split cup"), 0),
        (("--day", "2026-03-01"), 8),
        (("--day", "2026-03-02"), 0),
        (("--ring", "ring-injuries", "--day", "2026-03-01"), 2),
    ],
)
def test_match_list_by_day_and_tournament(
    run: Run, home: Path, played: Played, options: tuple[str, ...], matches: int
) -> None:
    """The matches of it, and of each what was declared and what is in force."""
    (home / "data").mkdir(parents=True)
    (home / "data" / "restrike.db").write_bytes(played.path.read_bytes())
    found = run("match", "list", *options, "--json").document["matches"]
    assert len(found) == matches
    truths = {(ring, truth.match_number): truth for ring, truth in played.truths}
    for row in found:
        assert _declared(row) == _truth_of(truths[row["ring"], row["match_number"]])


def _declared(row: dict[str, Any]) -> tuple[object, ...]:
    in_force = (row["winner"], row["decision"], row["status"] == "decided")
    return (row["declared_winner"], row["declared_decision"], *in_force, row["chong"]["long_name"])


def _truth_of(truth: Any) -> tuple[object, ...]:
    winner, decision = (truth.winner, truth.decision.value) if truth.decision else (None, None)
    return (winner, decision, winner, decision, truth.decision is not None, truth.chong.long_name)


def test_edits_are_laid_over_every_answer(run: Run, home: Path, played: Played) -> None:
    """The number, the phase and the names that a person gave, wherever a match is named; undone ones are not."""
    (home / "data").mkdir(parents=True)
    path = home / "data" / "restrike.db"
    path.write_bytes(played.path.read_bytes())
    with closing(connect_writer(path)) as connection:
        for number, (changes, undone_at) in enumerate(EDITS):
            connection.execute(EDIT, (f"e{number}", changes, undone_at))
    for command, key in ANSWERS.items():
        rows = run("query", *command.split(), "--match", "9.A", "--json").document[key]
        assert {row["match_number"] for row in rows} == {"9.A"}, command
    (match,) = run("query", "matches", "--match", "9.A", "--json").document["matches"]
    assert (match["phase"], match["chong"]["short_name"]) == ("Final", "Marija")
    told = run("query", "rounds", "--match", "9.A", "--json").document["rounds"][0]
    assert (told["phase"], told["chong"]) == ("Final", "Marija")
    assert "There is no match 7." in run("query", "events", "--match", "7").err
