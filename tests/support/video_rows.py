"""Rows of recorded videos and of what is to be seen in them, for tests that need no OBS."""

from shared.db.sqlite import sqlite3

VIDEO = {
    "kind": "match",
    "connection": "main",
    "ring": "ring-1",
    "match_key": "ring-1.a.1",
    "part": 1,
    "obs_path": "D:/Rec/a.mkv",
    "path": None,
    "is_whole": 1,
    "is_kept": 0,
}


def add_video(database: "sqlite3.Connection", video_id: str, /, **columns: object) -> int:
    """Store a video; its number. A match that is stored is its match."""
    values = VIDEO | columns | {"video_key": video_id}
    found = database.execute("SELECT id FROM pss_matches WHERE match_id = ?", (values["match_key"],)).fetchone()
    values["match_id"] = found and found[0]
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    sql = f"INSERT INTO recorded_videos ({names}) VALUES ({marks})"
    return int(database.execute(sql, tuple(values.values())).lastrowid or 0)


def add_event(
    connection: "sqlite3.Connection", video: int, kind: str, label: str, offset_ms: int, **more: object
) -> int:
    """Store something that is to be seen in a video; its number."""
    values: dict[str, object] = {
        "video_id": video,
        "kind": kind,
        "label": label,
        "offset_ms": offset_ms,
        "happened_at": "2026-03-01T09:30:00.000000Z",
        "session_uuid": "s",
        "entry": offset_ms,
        "entry_index": 0,
        "match_key": "ring-1.a.1",
    } | more
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    sql = f"INSERT INTO recorded_video_events ({names}) VALUES ({marks})"
    return int(connection.execute(sql, tuple(values.values())).lastrowid or 0)
