"""Names of athletes that a sender cut: they are shown with their match, and identify nobody."""

from pathlib import Path

import pytest

from services.cli.query.scope import Scope
from services.cli.query.source import Source
from services.cli.simulator.plan import Scenario
from services.cli.simulator.venue import Wish, play_ring
from services.cli.stored_matches import read_matches
from services.db_writer.store import Store
from services.pss_parser.ring import RingParser
from shared.db.sqlite import sqlite3
from shared.messages.match import MatchLoaded
from shared.messages.pss import AthleteName, ScoreShown
from shared.messages.rules import Dialect
from shared.messages.wire import Entry, ParsedEntries
from tests.unit.db_writer.played import RULES
from tests.unit.db_writer.ring import CHONG, HONG, NOW_US, START_US, Ring

CUT = AthleteName(short_name="D. ĐURIĆ", long_name="Dun")


@pytest.fixture
def ring() -> Ring:
    """A ring whose session is open."""
    opened = Ring()
    opened.open("session-1")
    return opened


def _load(ring: Ring, *, chong: AthleteName | None, hong: AthleteName | None, is_partial: bool) -> None:
    loaded = MatchLoaded(
        match_id="m1", load_entry=1, is_reload=False, chong=chong, hong=hong, athletes_partial=is_partial
    )
    ring.say("at1;…", ScoreShown(), loaded)


def _people(connection: "sqlite3.Connection") -> list[str]:
    return [name for (name,) in connection.execute("SELECT long_name FROM pss_athletes ORDER BY long_name").fetchall()]


def test_a_simulated_sender_that_cuts(store: Store, connection: "sqlite3.Connection", path: Path) -> None:
    """Dialect A: `match list` has both sides of each match as they were sent; only those who came whole are people."""
    wish = Wish(seed=3, rule_set=RULES, dialect=Dialect.A, scenario=Scenario.MIXED, matches=6)
    course = play_ring("ring-1", wish)
    parser = RingParser("ring-1", "journal-1")
    entries = [
        Entry(START_US + int(sent.at_s * 1e6), 0, "192.168.1.10", 50_000, sent.body) for sent in course.datagrams
    ]
    results = [parser.parse(number, "s1", entry) for number, entry in enumerate(entries, 1)]
    store.apply([ParsedEntries("ring-1", "journal-1", "s1", "", 1, results)], now_us=NOW_US)
    events = [event for parsed in results for message in parsed.messages for event in message.events]
    loads = {event.match_id: event for event in events if isinstance(event, MatchLoaded)}
    shown = {match.match_id: match for match in read_matches(Source(connection, path), Scope(), limit=100)}
    assert len(shown) == len(loads) == len(course.truths)
    for match_id, load in loads.items():
        for sent, side in ((load.chong, shown[match_id].chong), (load.hong, shown[match_id].hong)):
            assert sent is not None
            assert sent.short_name is not None
            assert (side.short_name, side.long_name, side.noc) == (sent.short_name, sent.long_name, sent.noc)
    cut = {name for load in loads.values() if load.athletes_partial and (name := load.hong)}
    whole = {name for load in loads.values() if (name := load.chong)}
    whole |= {name for load in loads.values() if not load.athletes_partial and (name := load.hong)}
    assert cut
    assert _people(connection) == sorted({name.long_name for name in whole if name.long_name})
    missing = "SELECT count(*) FROM pss_match_athletes WHERE athlete_id IS NULL"
    assert connection.execute(missing).fetchone() == (sum(load.athletes_partial for load in loads.values()),)


@pytest.mark.parametrize(
    ("chong", "hong", "people"),
    [
        (CHONG, CUT, ["Marija ČAČIĆ"]),
        (CHONG, AthleteName(short_name="D."), ["Marija ČAČIĆ"]),
        (CHONG, AthleteName(), []),
        (AthleteName(short_name="M. ČAČIĆ", long_name="Marija ČAČIĆ"), CUT, []),
        (CHONG, HONG, []),
        (CHONG, None, []),
    ],
    ids=["hong_cut", "hong_a_beginning", "hong_gone", "chong_too", "not_a_cut", "hong_unknown"],
)
def test_chong_is_whole_if_the_cut_is_in_hong(
    connection: "sqlite3.Connection", ring: Ring, chong: AthleteName, hong: AthleteName | None, people: list[str]
) -> None:
    """Where it is not sure that chong came whole, there is no athlete at all."""
    _load(ring, chong=chong, hong=hong, is_partial=True)
    Store(connection).apply(ring.batches(), now_us=NOW_US)
    assert _people(connection) == people


def test_a_whole_name_is_preferred_and_stays(
    store: Store, connection: "sqlite3.Connection", ring: Ring, path: Path
) -> None:
    """A later load may make a cut name whole; one that is cut, or that lacks its names, takes nothing away."""
    for hong, expected in (
        (CUT, ("D. ĐURIĆ", "Dun", None)),
        (HONG, ("D. ĐURIĆ", "Dunja ĐURIĆ", "CRO")),
        (CUT, ("D. ĐURIĆ", "Dunja ĐURIĆ", "CRO")),
        (None, ("D. ĐURIĆ", "Dunja ĐURIĆ", "CRO")),
    ):
        after = ring.entry
        _load(ring, chong=CHONG, hong=hong, is_partial=hong is not HONG)
        store.apply(ring.batches(after=after), now_us=NOW_US)
        (match,) = read_matches(Source(connection, path), Scope(), limit=1)
        assert (match.hong.short_name, match.hong.long_name, match.hong.noc) == expected
        assert (match.chong.short_name, match.chong.noc) == ("M. ČAČIĆ", "CRO")
    assert _people(connection) == ["Dunja ĐURIĆ", "Marija ČAČIĆ"]
