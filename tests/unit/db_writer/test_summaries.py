"""Summaries that are kept with the events are what a recount of the tables gives, whatever happens in between."""

from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cli.simulator.plan import Scenario
from services.cli.simulator.trouble import disturb
from services.cli.simulator.venue import Wish, play_ring
from services.db_writer.backlog import Backlog
from services.db_writer.store import Store
from services.db_writer.summaries import MISSING, disagreements, rebuild, rebuild_athlete, recount
from services.db_writer.summary_statements import ATHLETE_COLUMNS, DERIVED_COLUMNS, DOUBT_COLUMNS, EVENT_COLUMNS
from services.pss_parser.ring import RingParser
from shared.db.sqlite import sqlite3
from shared.errors import DatabaseError
from shared.messages.edits import Changes
from shared.messages.facts import AnyFact, CloseAsked, EditMade, EditTakenBack, InterpretationChosen, MatchEntered
from shared.messages.match import MatchEdited
from shared.messages.rules import Dialect, Interpretation
from shared.messages.wire import Entry, ParsedEntries
from tests.unit.db_writer.played import RULES, played
from tests.unit.db_writer.ring import NOW_US, START_US, dump
from tests.unit.db_writer.test_store import fresh, single

pytestmark = pytest.mark.slow

SUMMED = ("match_summaries", "athlete_summaries", "event_counts")
COUNTED = """
SELECT substr(e.timestamp, 1, 16), s.ring, e.event_type_id, count(*)
FROM pss_events_v2 e JOIN udp_server_sessions s ON s.id = e.session_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@cache
def troubled() -> tuple[ParsedEntries, ...]:
    """A ring with three matches through a bad network, whose people edit, take back, close, and enter by hand, while
    matches run and long after; and the scenarios of `played`, entry by entry.
    """
    name, random = "ring-trouble", Random(7)
    wish = Wish(seed=2, rule_set=RULES, dialect=Dialect.A, scenario=Scenario.CHALLENGES, matches=3)
    course = play_ring(name, wish)
    sent = disturb(course.datagrams, 5, loss=0.02, duplication=0.02, reordering=0.02).datagrams
    parser = RingParser(name, "journal-1")
    results = [
        parser.parse(
            1, name, Entry(START_US, 0, fact=InterpretationChosen(interpretation=Interpretation(rule_set=RULES)))
        )
    ]
    matches: list[str] = []
    edits: list[tuple[str, str]] = []
    for datagram in sent:
        at_us = START_US + int(datagram.at_s * 1e6)
        entries = [Entry(at_us, 0, "192.168.1.10", 50_000, datagram.body)]
        if matches and random.random() < 0.03:
            entries.append(Entry(at_us + 1, 0, fact=_decided(random, matches, edits)))
        for entry in entries:
            results.append(parser.parse(len(results) + 1, name, entry))
            told = [*results[-1].events, *(event for message in results[-1].messages for event in message.events)]
            edits += [(event.edit_id, event.match_id) for event in told if isinstance(event, MatchEdited)]
            match_id = parser.state().match_id
            if match_id is not None and match_id not in matches:
                matches.append(match_id)
    batch = ParsedEntries(name, "journal-1", name, "", 1, results)
    return tuple(single([*played(), batch]))


def _decided(random: Random, matches: list[str], edits: list[tuple[str, str]]) -> AnyFact:
    who, match_id = {"author": "ana", "reason": "video"}, random.choice(matches)
    what = random.random()
    if what < 0.5:
        winners = tuple(random.choice((None, 1, 2)) for _ in range(random.randint(0, 3)))
        return EditMade(
            match_id=match_id, **who, changes=Changes(winner=random.choice((None, 1, 2)), round_winners=winners)
        )
    if what < 0.8 and edits:
        edit_id, match_id = random.choice(edits)
        return EditTakenBack(edit_id=edit_id, match_id=match_id, **who)
    if what < 0.9:
        return MatchEntered(author="ana", reason="", changes=Changes(match_number="7", winner=1, round_winners=(1, 1)))
    return CloseAsked(match_id=match_id, **who)


@pytest.fixture
def filled(store: Store, connection: "sqlite3.Connection") -> "sqlite3.Connection":
    assert store.apply(list(troubled()), now_us=NOW_US).refused == 0
    return connection


def test_every_column_is_used(filled: "sqlite3.Connection") -> None:
    """What the tests below compare is not nothing: each column is more than 0 somewhere (of one side or the other),
    and no match lacks its row.
    """
    of_matches = (*EVENT_COLUMNS, *DERIVED_COLUMNS, *DOUBT_COLUMNS)
    for table, columns in (("match_summaries", of_matches), ("athlete_summaries", ATHLETE_COLUMNS)):
        used = {
            column.removeprefix("chong_").removeprefix("hong_")
            for column in columns
            if filled.execute(f"SELECT max({column}) FROM {table}").fetchone()[0]
        }
        assert used == {column.removeprefix("chong_").removeprefix("hong_") for column in columns}
    assert disagreements(filled, limit=5) == []
    assert (
        filled.execute("SELECT * FROM event_counts ORDER BY 1, 2, 3").fetchall() == filled.execute(COUNTED).fetchall()
    )
    assert filled.execute("SELECT count(*) FROM match_summaries WHERE id <> match_id").fetchone() == (0,)


@given(cuts=st.lists(st.tuples(st.integers(20, 900), st.booleans(), st.booleans()), min_size=2, max_size=12))
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_kept_is_what_a_recount_gives(path: Path, tmp_path: Path, cuts: list[tuple[int, bool, bool]]) -> None:
    """However entries are cut into transactions, whichever of them fails at first for want of space, wherever a new
    process goes on: after each of them no summary is another than its recount.
    """
    entries, turn = list(troubled()), 0
    with fresh(path, tmp_path) as connection:
        store = Store(connection)
        while entries:
            size, is_failing, is_new_process = cuts[turn % len(cuts)]
            turn += 1
            if is_failing:
                _fail(store, connection, entries[:size])
            store.apply(entries[:size], now_us=NOW_US)
            if is_new_process:
                store = Store(connection)
            if turn % 5 == 0:
                assert disagreements(connection, limit=5) == []
            entries = entries[size:]
        assert disagreements(connection, limit=5) == []
        counts = connection.execute("SELECT * FROM event_counts ORDER BY 1, 2, 3").fetchall()
        assert counts == connection.execute(COUNTED).fetchall()


def _fail(store: Store, connection: "sqlite3.Connection", entries: list[ParsedEntries]) -> None:
    before = dump(connection, tables=SUMMED)
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    try:
        store.apply(entries, now_us=NOW_US)
    except DatabaseError:
        assert dump(connection, tables=SUMMED) == before
    finally:
        connection.execute("PRAGMA max_page_count = 1000000")


def test_rebuilt_from_the_tables_it_is_the_same(filled: "sqlite3.Connection") -> None:
    """A match and an athlete whose rows are wrong, and those that have none, as before there were any."""
    before = dump(filled, tables=SUMMED)
    filled.execute("UPDATE match_summaries SET events = 0, chong_points = 99 WHERE id = 1")
    filled.execute("UPDATE athlete_summaries SET wins = 99 WHERE id = 1")
    wrong = {(one.table, one.key, one.column) for one in disagreements(filled, limit=50)}
    assert wrong >= {("match_summaries", 1, "events"), ("match_summaries", 1, "chong_points")}
    assert ("athlete_summaries", 1, "wins") in wrong
    rebuild(filled, 1)
    rebuild_athlete(filled, 1)
    assert dump(filled, tables=SUMMED) == before
    for table in ("athlete_summaries", "match_summaries"):
        filled.execute(f"DELETE FROM {table}")
        missing = [one for one in disagreements(filled, limit=10_000) if one.table == table]
        assert {one.column for one in missing} == {MISSING}
        assert {one.key for one in missing} == {row["id"] for row in before[table] if row.get("matches", 1)}
    backlog, turns = Backlog(filled), 1
    while backlog.turn():
        turns += 1
    assert dump(filled, tables=SUMMED) == before
    assert not Backlog(filled).turn()


def test_older_matches_get_their_summaries_beside_the_stream(path: Path, tmp_path: Path) -> None:
    """Rows that are missing are made between transactions, whichever match goes on meanwhile; then all of it agrees."""
    entries = list(troubled())
    with fresh(path, tmp_path) as connection:
        store = Store(connection)
        store.apply(entries[:4_000], now_us=NOW_US)
        connection.execute("DELETE FROM match_summaries")
        connection.execute("DELETE FROM athlete_summaries")
        store, backlog = Store(connection), Backlog(connection)
        for at in range(4_000, len(entries), 100):
            store.apply(entries[at : at + 100], now_us=NOW_US)
            backlog.turn()
        while backlog.turn():
            pass
        assert disagreements(connection, limit=5) == []


def test_what_is_in_an_archive_is_not_counted_anew(filled: "sqlite3.Connection") -> None:
    """Events that were moved stay counted; all else of the match is still recounted and compared."""
    whole = recount(filled, 1)
    month = whole["first_event_at"][:7]
    filled.execute("DELETE FROM pss_event_details WHERE event_id IN (SELECT id FROM pss_events_v2 WHERE match_id = 1)")
    filled.execute("DELETE FROM pss_events_v2 WHERE match_id = 1")
    assert {one.column for one in disagreements(filled, limit=10)} >= {"events", "first_event_at", "last_event_at"}
    filled.execute(
        "INSERT INTO archives (name, month, path, status, schema_version, datagrams, events, size_bytes, sha256,"
        " archived_at) VALUES ('a', ?, 'a', 'archived', 8, 0, 1, 1, '', '')",
        (month,),
    )
    assert disagreements(filled, limit=5) == []
    rebuild(filled, 1)
    (events,) = filled.execute("SELECT events FROM match_summaries WHERE id = 1").fetchone()
    assert (events, "events" in recount(filled, 1)) == (whole["events"], False)
