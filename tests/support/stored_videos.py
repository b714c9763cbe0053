"""A database with recordings and clips of reviews, and a folder with the files of some; for tests of `restrike obs`."""

import hashlib
from contextlib import closing
from pathlib import Path
from typing import Any

from shared.db.sqlite import connect_writer
from shared.messages.recordings import VideoKind
from shared.paths import Paths
from tests.support.video_rows import add_event, add_video

MATCHES = """
INSERT INTO pss_matches (id, match_id, match_number, ring, status, first_loaded_at) VALUES
    (1, 'ring-1.a.1', '101', 'ring-1', 'decided', '2026-03-01T09:00:00.000000Z'),
    (2, 'ring-2.a.1', '101', 'ring-2', 'decided', '2026-03-01T09:00:00.000000Z'),
    (3, 'ring-2.a.9', '102', 'ring-2', 'open', '2026-03-01T10:00:00.000000Z');
"""
CONTENT = b"not really a video"
SAID: dict[str, Any] = {
    "kind": VideoKind.MATCH,
    "connection": "main",
    "ring": "ring-1",
    "match_id": None,
    "obs_path": "D:/x",
}


def fill(home: Path, migrated: bytes) -> Path:
    """Videos 1 and 2: a match on ring-1, of which 1 is here; 3: of ring-2, that only OBS has; 4 to 6: of reviews."""
    paths = Paths(home)
    paths.prepare()
    paths.database.write_bytes(migrated)
    folder = home / "rec"
    folder.mkdir()
    for name in ("a.mkv", "won.mkv", "new.mkv"):
        (folder / name).write_bytes(CONTENT)
    known = {"size_bytes": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest(), "duration_ms": 20_000}
    over = {"started_at": "2026-03-01T09:30:00.000000Z", "ended_at": "2026-03-01T09:40:00.000000Z"}
    review = {"kind": "review", "round_number": 1, "clock_ms": 70_000, "athlete_position": 2, "duration_ms": 20_000}
    with closing(connect_writer(paths.database)) as connection:
        connection.executescript(MATCHES)
        first = add_video(connection, "m1", path=str(folder / "a.mkv"), in_ms=2_000, out_ms=18_000, **known, **over)
        second = add_video(
            connection, "m2", part=2, path=str(folder / "gone.mkv"), is_whole=0, problem="OBS ended.", **over
        )
        add_video(connection, "m3", ring="ring-2", match_key="ring-2.a.1", obs_path="D:\\Rec\\b.mkv", **over)
        add_video(
            connection,
            "r1",
            path=str(folder / "won.mkv"),
            challenge_number=1,
            outcome="won",
            is_kept=1,
            **review,
            **over,
        )
        add_video(
            connection, "r2", path=str(folder / "new.mkv"), challenge_number=2, decisive_ms=12_000, **review, **over
        )
        add_video(
            connection, "r3", match_key="ring-2.a.9", ring="ring-2", deleted_at="2026-04-01T00:00:00Z", **review, **over
        )
        moment = {"round_number": 1, "score_chong": 0, "score_hong": 3}
        add_event(connection, first, "round_started", "round 1", 2_500, clock_ms=120_000, **moment)
        add_event(connection, first, "point", "hong head +3", 8_000, clock_ms=114_000, athlete_position=2, **moment)
        add_event(connection, first, "point", "chong body +2", 9_000, clock_ms=113_000, athlete_position=1, **moment)
        add_event(connection, second, "point", "hong body +2", 1_000, clock_ms=90_000, athlete_position=2, **moment)
        add_event(connection, second, "match_decided", "hong wins", 15_000, athlete_position=2)
    return folder
