"""The videos that are stored, and where in them something is: rows of restrike.db as the contract's structs; read by
obs-bridge and `restrike obs`, who give a way to ask: SQL and the values of its named parameters, rows come back.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from shared.clock import unix_us
from shared.messages.recordings import VideoEvent, VideoKind, VideoStored

Ask = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]

_TIMES: Final = ("started_at_us", "ended_at_us", "deleted_at_us")
_BOOLEANS: Final = ("is_whole", "is_kept")
_NAMED: Final = {
    "video_id": "v.video_key",
    "match_id": "v.match_key",
    "obs_path": "coalesce(v.obs_path, '')",
    "challenge": "v.challenge_number",
    "athlete": "v.athlete_position",
    "round": "v.round_number",
    **{name: f"v.{name.removesuffix('_us')}" for name in _TIMES},
}
_NOT_STORED: Final = frozenset({"placed_from_us"})
_FIELDS: Final = tuple(name for name in VideoStored.__struct_fields__ if name not in _NOT_STORED)
_VIDEOS: Final = f"""
SELECT v.id, m.match_number, v.created_at, {", ".join(_NAMED.get(name, f"v.{name}") for name in _FIELDS)}
FROM recorded_videos v LEFT JOIN pss_matches m ON m.id = v.match_id
WHERE {{where}} ORDER BY v.id DESC LIMIT :limit
"""
_EVENTS: Final = """
SELECT e.id, e.kind, e.label, e.offset_ms, e.happened_at, e.session_uuid, e.entry, e.entry_index, e.match_key,
    e.athlete_position, e.round_number, e.clock_ms, e.score_chong, e.score_hong
FROM recorded_video_events e WHERE e.video_id = :video ORDER BY e.offset_ms, e.entry, e.entry_index, e.id
"""
MOST: Final = 1_000_000


class Video(Struct, frozen=True, kw_only=True):
    """A stored video: its `number` among all of them, the number of its match, and what was told of it last.
    `stored_at` is UTC text.
    """

    number: int
    match_number: str | None
    stored_at: str
    said: VideoStored


class Event(Struct, frozen=True, kw_only=True):
    """Something that is to be seen in a video; `number` is its own among all events of all videos."""

    number: int
    said: VideoEvent


def videos(ask: Ask, where: str = "TRUE", /, *, limit: int = MOST, **values: object) -> list[Video]:
    """Videos, the newest first. `where` is on `recorded_videos v` and its match `pss_matches m` (if that is stored).

    Raises: what `ask` raises.
    """
    return [_video(row) for row in ask(_VIDEOS.format(where=where), {"limit": limit, **values})]


def events(ask: Ask, video: int) -> list[Event]:
    """What is to be seen in the video of that number, in the order of the video."""
    return [_event(row) for row in ask(_EVENTS, {"video": video})]


def _video(row: tuple[Any, ...]) -> Video:
    number, match_number, stored_at, *values = row
    said = dict(zip(_FIELDS, values, strict=True))
    said |= {name: None if said[name] is None else unix_us(said[name]) for name in _TIMES} | {
        name: bool(said[name]) for name in _BOOLEANS
    }
    said["kind"] = VideoKind(said["kind"])
    return Video(number=number, match_number=match_number, stored_at=stored_at, said=VideoStored(**said))


def _event(row: tuple[Any, ...]) -> Event:
    number, kind, label, offset_ms, at, session, entry, index, match, athlete, of_round, clock_ms, chong, hong = row
    said = VideoEvent(
        kind=kind,
        label=label,
        offset_ms=offset_ms,
        at_us=unix_us(at),
        session=session,
        entry=entry,
        index=index,
        match_id=match,
        athlete=athlete,
        round=of_round,
        clock_ms=clock_ms,
        score=None if chong is None or hong is None else (chong, hong),
    )
    return Event(number=number, said=said)
