"""When a match is running: from the last stage of each ring's newest session, unless the ring fell silent."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from services.db_writer.office.care.quiet import FORGOTTEN_AFTER, running_rings, why_busy
from services.db_writer.office.desk import Desk
from shared.clock import utc_now_iso
from shared.messages.match import Stage
from shared.messages.service import INGEST
from shared.service_lock import take_lock


def tell(desk: Desk, ring: str, *stages: Stage) -> None:
    """A new session of `ring` that went through `stages`."""
    execute = desk.connection.execute
    execute(
        "INSERT INTO udp_server_sessions (ring, start_time, status, updated_at) VALUES (?, 'x', 'open', ?)",
        (ring, utc_now_iso()),
    )
    for entry, stage in enumerate(stages, 1):
        execute(
            "INSERT INTO match_stages (ring, session_id, entry, entry_index, stage, since)"
            " VALUES (?, (SELECT max(id) FROM udp_server_sessions), ?, 0, ?, 'x')",
            (ring, entry, stage.value),
        )


def test_nothing_stored_is_quiet(desk: Desk) -> None:
    """A new database, and a ring that heard nothing."""
    assert why_busy(desk) is None
    tell(desk, "ring-1")
    assert why_busy(desk) is None


@pytest.mark.parametrize("stage", list(Stage))
def test_the_last_stage_counts(desk: Desk, stage: Stage) -> None:
    """Not loaded, decided and closed are quiet; everything else is a match."""
    tell(desk, "ring-1", Stage.RUNNING, stage)
    is_quiet = stage in {Stage.NOT_LOADED, Stage.DECIDED, Stage.CLOSED}
    assert running_rings(desk.connection) == ([] if is_quiet else ["ring-1"])


def test_the_newest_session_counts(desk: Desk) -> None:
    """A match of an older session is over when a newer one heard its end; other rings count for themselves. Where
    udp-ingest does not run, nothing does: care by hand need not wait until a ring is forgotten.
    """
    tell(desk, "ring-1", Stage.RUNNING)
    tell(desk, "ring-2", Stage.BREAK)
    tell(desk, "ring-1", Stage.DECIDED)
    assert why_busy(desk) is None
    lock = take_lock(desk.paths, INGEST)
    assert lock is not None
    assert why_busy(desk) == "A match is running on ring-2."
    os.close(lock)


def test_a_silent_ring_is_forgotten(desk: Desk) -> None:
    """A scoring system that was switched off in mid-match does not keep care away for ever."""
    tell(desk, "ring-1", Stage.RUNNING)
    now = datetime.now(UTC)
    assert running_rings(desk.connection, now=now + FORGOTTEN_AFTER - timedelta(minutes=1)) == ["ring-1"]
    assert running_rings(desk.connection, now=now + FORGOTTEN_AFTER + timedelta(minutes=1)) == []


def test_a_session_that_began_in_mid_match(desk: Desk) -> None:
    """udp-ingest was started anew while a round ran: the new session has no stage told yet, and the match goes on. The
    silence is that of the new session.
    """
    tell(desk, "ring-1", Stage.RUNNING)
    desk.connection.execute("UPDATE udp_server_sessions SET updated_at = '2020-01-01T00:00:00.000Z'")
    assert running_rings(desk.connection) == []
    tell(desk, "ring-2", Stage.DECIDED)
    tell(desk, "ring-1")
    tell(desk, "ring-1")
    assert running_rings(desk.connection) == ["ring-1"]
    tell(desk, "ring-1", Stage.CLOSED)
    tell(desk, "ring-1")
    assert running_rings(desk.connection) == []
