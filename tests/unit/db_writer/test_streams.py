"""Unknown streams are counted once and bounded; answers are told apart; what ends late is stored of its own match."""

import pytest
from msgspec.structs import replace

from services.db_writer.store import Store
from services.db_writer.unknown_streams import LONGEST_SAMPLE, MOST_STREAMS, OTHERS
from shared.db.sqlite import sqlite3
from shared.messages.episodes import Challenge, ChallengeStatus, Injury, InjuryKind
from shared.messages.match import ChallengeChanged, InjuryChanged, RoundEnded, RoundStarted
from shared.messages.pss import ClockTicked, LoadBegan, ResultKind, UnknownReceived
from shared.messages.wire import Origin
from tests.unit.db_writer.ring import NOW_US, Ring, dump


@pytest.fixture
def ring() -> Ring:
    ring = Ring()
    ring.open("session-1")
    return ring


def _unknown(ring: Ring, stream: str) -> None:
    ring.say(f"{stream};1;", UnknownReceived(stream=stream), kind=ResultKind.UNKNOWN)


def _counts(connection: "sqlite3.Connection") -> list[tuple[str, str, int, str]]:
    sql = "SELECT ring, stream, message_count, sample_raw FROM unknown_streams ORDER BY ring, stream"
    return list(connection.execute(sql).fetchall())


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_each_message_counts_once(connection: "sqlite3.Connection", ring: Ring, size: int) -> None:
    """However the entries are cut, sent again, and by whom: the same counts, the first message as sample."""
    other = Ring("ring-2")
    other.open("session-2")
    for stream in ("vid", "xyz", "vid", "vid"):
        _unknown(ring, stream)
    ring.say("vid;2;", UnknownReceived(stream="vid"), kind=ResultKind.UNKNOWN)
    _unknown(other, "vid")
    for batch in [*ring.batches(size), *other.batches(size)]:
        store = Store(connection)
        store.apply([batch], now_us=NOW_US)
        store.apply([batch], now_us=NOW_US)
    assert _counts(connection) == [
        ("ring-1", "vid", 4, "vid;1;"),
        ("ring-1", "xyz", 1, "xyz;1;"),
        ("ring-2", "vid", 1, "vid;1;"),
    ]
    (first,) = connection.execute(
        "SELECT first_seen < last_seen FROM unknown_streams WHERE ring = 'ring-1' AND stream = 'vid'"
    ).fetchone()
    assert first == 1


@pytest.mark.parametrize("size", [50, 100_000])
def test_a_flood_of_names_is_one_row_beyond_the_limit(connection: "sqlite3.Connection", ring: Ring, size: int) -> None:
    """Names that are known go on being counted by themselves; what is sampled is short."""
    for number in range(MOST_STREAMS + 30):
        _unknown(ring, f"s{number}")
    _unknown(ring, "s0")
    ring.say("s1;" + "x" * 1000, UnknownReceived(stream="s1"), kind=ResultKind.UNKNOWN)
    for batch in ring.batches(size):
        Store(connection).apply([batch], now_us=NOW_US)
    counts = {stream: count for _, stream, count, _ in _counts(connection)}
    assert len(counts) == MOST_STREAMS + 1
    assert (counts["s0"], counts["s1"], counts["s2"], counts[OTHERS]) == (2, 2, 1, 30)
    assert all(len(sample) <= LONGEST_SAMPLE for *_, sample in _counts(connection))


def test_a_transaction_that_fails_counts_nothing(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """What a mistake of ours undid is not counted when it is tried again entry by entry."""
    _unknown(ring, "vid")
    ring.match_id = "m1"
    ring.say("clk;1;", ClockTicked(clock_ms=1), RoundStarted(round=2**63))
    _unknown(ring, "vid")
    assert store.apply(ring.batches(), now_us=NOW_US).refused == 1
    assert _counts(connection) == [("ring-1", "vid", 2, "vid;1;")]


def test_an_answer_is_stored_as_one(store: Store, connection: "sqlite3.Connection", ring: Ring) -> None:
    """What a scoring system said because we asked is told from what it said by itself."""
    ring.origin = Origin.ANSWER
    ring.say("clk;01:59;", ClockTicked(clock_ms=119_000))
    store.apply(ring.batches(), now_us=NOW_US)
    assert connection.execute("SELECT origin FROM raw_datagrams").fetchall() == [("answer",)]


@pytest.mark.parametrize("size", [1, 1000])
def test_what_ends_with_its_match_is_stored_of_it(connection: "sqlite3.Connection", ring: Ring, size: int) -> None:
    """A load empties the ring, and the new match may be known already: rounds, reviews and injuries that are told over
    then are those of the match before, in another session too.
    """
    ring.load("m1")
    review = Challenge(number=1, athlete=1, status=ChallengeStatus.REQUESTED, entry=9, requested_at_us=5)
    injury = Injury(number=1, kind=InjuryKind.INJURY, athlete=2, entry=9, began_at_us=6)
    began = ChallengeChanged(challenge=review), InjuryChanged(injury=injury)
    ring.say("clk;1;", ClockTicked(clock_ms=1), RoundStarted(round=1), *began)
    ring.open("session-2")
    ring.match_id = ring.round = None
    over = ChallengeChanged(challenge=replace(review, ended_at_us=7, end="match_ended"))
    ring.say("pre;", LoadBegan(), RoundEnded(round=1, fought_ms=None), over)
    ring.load("m2", number="102")
    healed = InjuryChanged(injury=replace(injury, ended_at_us=8, end="match_ended"))
    ring.say("clk;2;", ClockTicked(clock_ms=2), healed)
    for batch in ring.batches(size):
        Store(connection).apply([batch], now_us=NOW_US)
    found = dump(connection, tables=["challenges", "injuries"])
    assert [(row["match_id"], row["end_reason"]) for row in found["challenges"]] == [(1, "match_ended")]
    assert [(row["match_id"], row["end_reason"]) for row in found["injuries"]] == [(1, "match_ended")]
    ended = connection.execute("SELECT match_id, round_number FROM pss_rounds WHERE end_time IS NOT NULL").fetchall()
    assert ended == [(1, 1)]
    last = connection.execute("SELECT last_match_id FROM udp_server_sessions ORDER BY id").fetchall()
    assert last == [(1,), (2,)]
