"""Recordings, clips and firings in their tables: each once, whole, and linked with matches whichever comes first."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import permutations
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from services.db_writer import result_statements as statements
from services.db_writer.outboxes.appliers import APPLIERS
from services.db_writer.outboxes.store import FactStore
from services.db_writer.statements import INSERT_MATCH
from services.db_writer.store import Store
from shared.db.backup import Wanted, make_backup
from shared.db.backup_files import BackupKind
from shared.db.json_backup import load
from shared.db.sqlite import connect_reader, sqlite3
from shared.db.table_checksums import contents_of
from shared.messages.automation import FiredAction, FiringOutcome, Happening, RuleFired
from shared.messages.match import ChallengeChanged
from shared.messages.outbox import AnyStored, Facts, StoredFact
from shared.messages.recordings import (
    RecordingChanged,
    RecordingState,
    VideoEvent,
    VideoEventsPlaced,
    VideoKind,
    VideoStored,
)
from tests.unit.db_writer.played import played, told
from tests.unit.db_writer.ring import NOW_US, START_US

MATCH = "match-1"
T0 = "2026-03-01T09:30:00.000000Z"
AT = "2026-03-01T10:30:00.000000Z"
CHANGED = RecordingChanged(
    video_id="v1",
    connection="obs-1",
    ring="ring-1",
    match_id=MATCH,
    before=RecordingState.IDLE,
    state=RecordingState.PREPARING,
    at_us=START_US,
)
VIDEO = VideoStored(
    video_id="v1", kind=VideoKind.MATCH, connection="obs-1", ring="ring-1", match_id=MATCH, obs_path="D:\\Rec\\1.mkv"
)
CLIP = VideoStored(
    video_id="c1",
    kind=VideoKind.REVIEW,
    connection="obs-1",
    ring="ring-1",
    match_id=MATCH,
    obs_path="D:\\Rec\\c1.mkv",
    challenge=2,
    athlete=1,
)
EVENT = VideoEvent(kind="point", label="hong +3", offset_ms=12_000, at_us=START_US, session="s", entry=7, index=1)
FIRED = RuleFired(
    firing_id="f1",
    rule="winner",
    happening=Happening.MATCH_DECIDED,
    ring="ring-1",
    match_id=MATCH,
    round=3,
    clock_ms=0,
    session="s",
    entry=9,
    index=0,
    happened_at_us=START_US,
    fired_at_us=START_US + 2_500,
    outcome=FiringOutcome.UNKNOWN,
)
replace = msgspec.structs.replace


class Table:
    """The facts' way into one database."""

    def __init__(self, connection: "sqlite3.Connection") -> None:
        self.connection = connection
        self._store = FactStore(connection)
        self._next = 1

    def tell(self, *facts: AnyStored) -> None:
        """Facts arrive, and none is refused."""
        told = [StoredFact(START_US, msgspec.msgpack.decode(msgspec.msgpack.encode(f), type=AnyStored)) for f in facts]
        batch = Facts("obs-bridge", "run", "run", self._next, told)
        self._next += len(told)
        assert self._store.apply(batch, now_us=NOW_US).refused == {}

    def match(self, key: str = MATCH) -> int:
        """A match is heard of."""
        row = self.connection.execute(INSERT_MATCH, (key, "ring-1", None, AT, AT)).fetchone()
        return int(row[0])

    def challenge(self, status: str, number: int = 2) -> None:
        """A review of the first match is as told."""
        values = (1, number, 1, status, 1, 60_000, T0, None, None, None, 5, AT, AT)
        self.connection.execute(statements.UPSERT_CHALLENGE, values)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        return list(self.connection.execute(sql).fetchall())


@pytest.fixture
def table(connection: "sqlite3.Connection") -> Table:
    return Table(connection)


def test_every_fact_has_an_applier() -> None:
    """The registry is whole."""
    assert set(APPLIERS) == set(get_args(AnyStored))


def test_a_recording_from_beginning_to_end(table: Table) -> None:
    """The time of each state, how it stands last, and a video as soon as something is recorded."""
    table.tell(CHANGED)
    assert table.rows("SELECT count(*) FROM recorded_videos") == [(0,)]
    recording = replace(CHANGED, state=RecordingState.RECORDING, at_us=START_US + 2_000_000, obs_path="/rec/1.mkv")
    table.tell(replace(recording, started_at_us=START_US + 1_500_000))
    video = "SELECT kind, connection, match_key, part, obs_path, started_at, ended_at FROM recorded_videos"
    assert table.rows(video) == [
        ("match", "obs-1", MATCH, 1, "/rec/1.mkv", "2026-03-01T09:30:01.500000Z", None),
    ]
    table.tell(
        replace(recording, state=RecordingState.STOPPING, obs_path=None, reason="decided"),
        replace(CHANGED, state=RecordingState.IDLE, at_us=START_US + 9_000_000),
    )
    session = "SELECT state, reason, obs_path, prepared_at, started_at, ended_at, failed_at FROM obs_recording_sessions"
    begun, ended = "2026-03-01T09:30:01.500000Z", "2026-03-01T09:30:09.000000Z"
    assert table.rows(session) == [("idle", None, "/rec/1.mkv", T0, begun, ended, None)]
    assert table.rows("SELECT started_at, ended_at FROM recorded_videos")[0][0] == begun


def test_a_recording_that_never_began(table: Table) -> None:
    """It failed, with the reason; there is no video of it."""
    table.tell(CHANGED, replace(CHANGED, state=RecordingState.FAILED, reason="No such folder.", at_us=START_US + 1))
    found = table.rows("SELECT state, reason, started_at, failed_at FROM obs_recording_sessions")
    assert found == [("failed", "No such folder.", None, "2026-03-01T09:30:00.000001Z")]
    assert table.rows("SELECT count(*) FROM recorded_videos") == [(0,)]


def test_what_is_known_of_a_video_only_grows(table: Table) -> None:
    """What is said later wins; what is not said any more stays, but for what is wrong with it."""
    recording = replace(CHANGED, state=RecordingState.RECORDING, obs_path="D:\\Rec\\first.mkv")
    table.tell(recording, replace(VIDEO, started_at_us=START_US, problem="OBS is gone.", is_whole=False))
    whole = replace(VIDEO, path="/mnt/1.mkv", ended_at_us=NOW_US, duration_ms=90_000, size_bytes=5, sha256="ab")
    table.tell(replace(whole, in_ms=3, out_ms=4, part=2), replace(VIDEO, part=2, is_kept=True))
    table.tell(replace(recording, state=RecordingState.IDLE))
    found = table.rows(
        "SELECT obs_path, path, started_at, ended_at, duration_ms, size_bytes, sha256, in_ms, out_ms, is_whole,"
        " problem, is_kept, part FROM recorded_videos"
    )
    known = ("D:\\Rec\\1.mkv", "/mnt/1.mkv", T0, AT, 90_000, 5, "ab", 3, 4)
    assert found == [(*known, 1, None, 1, 2)]


def test_a_video_keeps_the_present_name_of_its_connection(table: Table) -> None:
    """Its connection may have got another one while facts were under way."""
    table.tell(replace(CHANGED, state=RecordingState.RECORDING), VIDEO)
    for name in ("recorded_videos", "obs_recording_sessions"):
        table.connection.execute(f"UPDATE {name} SET connection = 'main'")
    table.tell(replace(CHANGED, state=RecordingState.IDLE), replace(VIDEO, size_bytes=5))
    assert table.rows("SELECT connection, size_bytes FROM recorded_videos") == [("main", 5)]
    assert table.rows("SELECT connection, state FROM obs_recording_sessions") == [("main", "idle")]


def test_events_are_placed_once_and_moved(table: Table) -> None:
    """Before anything else is known of their file; told again, they are where they were placed last."""
    chapter = replace(EVENT, kind="chapter", label="A", session="", entry=0, index=0)
    later = replace(chapter, label="B", at_us=START_US + 1, offset_ms=13_000, score=(2, 5))
    placed = VideoEventsPlaced(video_id="v1", connection="obs-1", ring="ring-1", events=[EVENT, chapter, later])
    table.tell(placed, placed, VIDEO)
    table.tell(replace(placed, events=[replace(EVENT, offset_ms=11_900, match_id=MATCH)]))
    select = "SELECT kind, label, offset_ms, happened_at, entry, match_key, score_chong, score_hong"
    assert table.rows(f"{select} FROM recorded_video_events ORDER BY id") == [
        ("point", "hong +3", 11_900, T0, 7, MATCH, None, None),
        ("chapter", "A", 12_000, T0, 0, None, None, None),
        ("chapter", "B", 13_000, "2026-03-01T09:30:00.000001Z", 0, None, 2, 5),
    ]
    assert table.rows("SELECT kind, obs_path, is_whole FROM recorded_videos") == [("match", "D:\\Rec\\1.mkv", 1)]


def test_events_go_with_the_first_picture(table: Table) -> None:
    """A file turns out to begin 2.5 s later than was told: so much earlier in it is everything, once."""
    early = replace(EVENT, kind="chapter", offset_ms=900, at_us=START_US + 900_000)
    placed = VideoEventsPlaced(video_id="v1", connection="obs-1", ring="ring-1", events=[EVENT, early])
    began = replace(VIDEO, started_at_us=START_US)
    late = replace(began, started_at_us=START_US + 2_500_000, placed_from_us=START_US)
    offsets = "SELECT offset_ms FROM recorded_video_events ORDER BY id"
    table.tell(replace(CHANGED, state=RecordingState.RECORDING, started_at_us=START_US))
    table.tell(placed, VIDEO, began, began, replace(began, placed_from_us=START_US))
    assert table.rows(offsets) == [(12_000,), (900,)]
    table.tell(late, late, VIDEO)
    assert table.rows(offsets) == [(9_500,), (0,)]
    begins = "SELECT s.started_at = v.started_at FROM obs_recording_sessions s JOIN recorded_videos v USING (video_key)"
    assert table.rows(begins) == [(1,)]
    earlier = replace(late, started_at_us=START_US + 2_000_000, placed_from_us=START_US + 2_500_000)
    table.tell(earlier, earlier)
    assert table.rows(offsets) == [(10_000,), (0,)], "what was before it stays at its beginning"
    first = replace(late, started_at_us=START_US + 400_000, placed_from_us=START_US + 2_000_000)
    table.tell(first, first)
    assert table.rows(offsets) == [(11_600,), (500,)], "it is in the file after all"


def test_events_stay_when_the_clock_is_set(table: Table) -> None:
    """The same first picture, told in another time: places in the file are what they were, until it is another one."""
    placed = VideoEventsPlaced(video_id="v1", connection="obs-1", ring="ring-1", events=[EVENT])
    hour_us = 3_600_000_000
    later = replace(VIDEO, started_at_us=START_US + hour_us, placed_from_us=START_US + hour_us)
    table.tell(replace(VIDEO, started_at_us=START_US), placed, later)
    offsets = "SELECT offset_ms FROM recorded_video_events"
    assert table.rows(offsets) == [(12_000,)]
    table.tell(replace(later, started_at_us=START_US + hour_us + 2_000_000))
    assert table.rows(offsets) == [(10_000,)]


def test_a_firing_is_one_row(table: Table) -> None:
    """Told again when its end is known, which nobody makes unknown any more."""
    action = FiredAction(action="set_scene", connection="obs-1", ok=True, sent_ms=1.5, confirmed_ms=320.25)
    table.tell(FIRED, replace(FIRED, outcome=FiringOutcome.DONE, latency_ms=1.5, actions=[action]), FIRED)
    select = "SELECT rule, happening, match_key, round_number, happened_at, fired_at, latency_ms, outcome, actions"
    ((*found, actions),) = table.rows(f"{select} FROM obs_rule_firings")
    assert found == ["winner", "match_decided", MATCH, 3, T0, "2026-03-01T09:30:00.002500Z", 1.5, "done"]
    assert msgspec.json.decode(actions, type=list[FiredAction]) == [action]


def test_a_match_is_found_whichever_comes_first(table: Table) -> None:
    """What was stored before its match is linked with it as soon as that is there, and no other's."""
    other = replace(FIRED, firing_id="f2", match_id="other")
    facts = (replace(CHANGED, state=RecordingState.RECORDING, obs_path="/1.mkv"), VIDEO, FIRED, other)
    table.tell(*facts[:2])
    select = """SELECT 1, id, match_id FROM obs_recording_sessions UNION ALL SELECT 2, id, match_id FROM recorded_videos
        UNION ALL SELECT 3, id, match_id FROM obs_rule_firings ORDER BY 1, 2"""
    assert [match for _, _, match in table.rows(select)] == [None, None]
    assert table.match() == 1
    table.tell(*facts[2:])
    assert [match for _, _, match in table.rows(select)] == [1, 1, 1, None]
    table.match("other")
    assert [match for _, _, match in table.rows(select)] == [1, 1, 1, 2]


def _orders() -> Iterator[tuple[str, ...]]:
    """Every order in which a match, its review and its clip can be heard of."""
    for order in permutations(("match", "asked", "won", "stored", "moved")):
        place = order.index
        if place("match") < place("asked") < place("won") and place("stored") < place("moved"):
            yield order


@pytest.mark.parametrize("order", list(_orders()), ids="-".join)
@pytest.mark.parametrize("said", [None, "accepted"])
def test_a_review_and_its_clip_agree_in_any_order(table: Table, order: tuple[str, ...], said: str | None) -> None:
    """The review has the clip's path, the clip the outcome that the scoring system said last."""
    steps: dict[str, Callable[[], object]] = {
        "match": table.match,
        "asked": lambda: table.challenge("requested"),
        "won": lambda: table.challenge("won"),
        "stored": lambda: table.tell(CLIP),
        "moved": lambda: table.tell(replace(CLIP, path="/mnt/c1.mkv", outcome=said)),
    }
    for step in order:
        steps[step]()
    assert table.rows("SELECT status, replay_clip FROM challenges") == [("won", "/mnt/c1.mkv")]
    assert table.rows("SELECT match_id, outcome FROM recorded_videos") == [(1, "won")]


def test_an_outcome_that_is_taken_back(table: Table) -> None:
    """The scoring system's last word counts, also against what the clip's producer heard; of others nothing changes."""
    table.match()
    table.challenge("requested", number=1)
    table.challenge("requested")
    table.tell(replace(CLIP, outcome="won"))
    assert table.rows("SELECT outcome FROM recorded_videos") == [("won",)]
    table.challenge("lost")
    table.tell(replace(CLIP, outcome="won", is_kept=True))
    assert table.rows("SELECT outcome, is_kept FROM recorded_videos") == [("lost", 1)]
    assert table.rows("SELECT replay_clip FROM challenges ORDER BY number") == [(None,), ("D:\\Rec\\c1.mkv",)]


def test_of_several_clips_one_that_can_be_opened_is_watched(table: Table) -> None:
    """The first that is on our machine; when it is deleted the next one, and at last none."""
    table.match()
    table.challenge("accepted")
    second = replace(CLIP, video_id="c2", connection="obs-2", path="/mnt/c2.mkv")
    clips = []
    for fact in (
        CLIP,
        second,
        replace(second, deleted_at_us=NOW_US),
        replace(CLIP, deleted_at_us=NOW_US),
    ):
        table.tell(fact)
        clips += table.rows("SELECT replay_clip FROM challenges")
    assert clips == [("D:\\Rec\\c1.mkv",), ("/mnt/c2.mkv",), ("D:\\Rec\\c1.mkv",), (None,)]
    assert table.rows("SELECT DISTINCT outcome FROM recorded_videos") == [("accepted",)]


@pytest.mark.parametrize("is_clip_first", [True, False])
def test_clips_of_matches_as_they_are_played(table: Table, *, is_clip_first: bool) -> None:
    """Reviews of simulated matches, stored on the hot path before or after their clips: each has its clip, each clip
    its outcome.
    """
    last = {(match, event.challenge.number): event.challenge for _, match, event in told(ChallengeChanged)}
    reviews = [(match, review) for (match, _), review in last.items()]
    assert len(reviews) > 2
    clips = [
        replace(CLIP, video_id=f"c{n}", match_id=match, challenge=review.number, path=f"/mnt/{n}.mkv")
        for n, (match, review) in enumerate(reviews)
    ]
    if is_clip_first:
        table.tell(*clips)
    store = Store(table.connection)
    for batch in played():
        store.apply([batch], now_us=NOW_US)
    if not is_clip_first:
        table.tell(*clips)
    found = table.rows(
        "SELECT v.video_key, m.match_id, c.number, c.replay_clip = v.path, v.outcome = c.status FROM recorded_videos v"
        " JOIN pss_matches m ON m.id = v.match_id"
        " JOIN challenges c ON c.match_id = v.match_id AND c.number = v.challenge_number ORDER BY v.id"
    )
    assert found == [(f"c{n}", match, review.number, 1, 1) for n, (match, review) in enumerate(reviews)]
    assert {status for (status,) in table.rows("SELECT outcome FROM recorded_videos")} == {"cancelled", "rejected"}


def test_linked_rows_come_back_as_they_were(table: Table, path: Path, tmp_path: Path) -> None:
    """A backup of reviews with clips, of which some are gone, is loaded row by row without a difference."""
    table.match()
    for number in (2, 3):
        table.challenge("won", number=number)
    table.tell(CLIP, replace(CLIP, video_id="c2", path="/mnt/c2.mkv"), VIDEO, FIRED, CHANGED)
    table.tell(replace(CLIP, video_id="c3", challenge=3, deleted_at_us=NOW_US))
    before = contents_of(table.connection)
    kept = make_backup(path, tmp_path / "backups", Wanted(reason="by-hand", kind=BackupKind.JSON))
    load(kept, tmp_path / "loaded.db")
    with closing(connect_reader(tmp_path / "loaded.db")) as loaded:
        after = contents_of(loaded)
    for name in ("challenges", "recorded_videos", "obs_recording_sessions", "obs_rule_firings"):
        assert (after[name], before[name].rows > 0) == (before[name], True), name
