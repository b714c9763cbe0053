"""The events of a recording as its chapters: which of them, what they are called, and as text in the usual formats.

Pure; used by `restrike obs chapters` and obs-bridge.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shared.messages.automation import Happening
from shared.messages.recordings import VideoEvent
from shared.video import time_codes
from shared.video.time_codes import thousandths

START: Final = "Start"
"""What the part before the first event is called."""
LAST_MS: Final = 10_000
"""How long the last chapter is where the length of the file is not known."""
YOUTUBE_APART_MS: Final = 10_000
YOUTUBE_LEAST: Final = 3
KINDS: Final[dict[str, tuple[Happening, ...]]] = {
    "round": (Happening.ROUND_STARTED,),
    "point": (Happening.POINT,),
    "gam-jeom": (Happening.GAM_JEOM,),
    "review": (Happening.REVIEW_REQUESTED,),
    "injury": (Happening.INJURY_BEGAN,),
    "decision": (Happening.MATCH_DECIDED,),
}
"""What people call the kinds of events that make a chapter."""
_POINTS: Final = re.compile(r"\+(\d+)$")
_OF_ITSELF: Final = frozenset({Happening.ROUND_STARTED})
"""Needs no clock and score beside it."""


class Chapter(Struct, frozen=True, kw_only=True):
    """A part of a video, to the beginning of the next one."""

    title: str
    start_ms: int
    end_ms: int


def chosen(events: Iterable[VideoEvent], *, kinds: Iterable[str] = KINDS, least_points: int = 3) -> list[VideoEvent]:
    """The events of these kinds (words of `KINDS`); points count from `least_points` up, of those that say so."""
    wanted = {happening for kind in kinds for happening in KINDS[kind]}
    return [event for event in events if event.kind in wanted and (points_of(event) or least_points) >= least_points]


def points_of(event: VideoEvent) -> int | None:
    """How many points it was, None if it was none or does not say."""
    found = _POINTS.search(event.label) if event.kind == Happening.POINT else None
    return int(found[1]) if found else None


def chapters(events: Iterable[VideoEvent], *, duration_ms: int | None) -> list[Chapter]:
    """A chapter for each event, and one before the first; those of the same moment are one."""
    starts: list[tuple[int, str]] = []
    for event in sorted(events, key=lambda one: one.offset_ms):
        if starts and starts[-1][0] == event.offset_ms:
            starts[-1] = event.offset_ms, f"{starts[-1][1]}, {title(event)}"
        elif duration_ms is None or event.offset_ms < duration_ms:
            starts.append((event.offset_ms, title(event)))
    if not starts or starts[0][0] > 0:
        starts.insert(0, (0, START))
    ends = [*(start for start, _ in starts[1:]), duration_ms or starts[-1][0] + LAST_MS]
    return [Chapter(title=name, start_ms=at, end_ms=end) for (at, name), end in zip(starts, ends, strict=True)]


def title(event: VideoEvent) -> str:
    """What an event is called: `Hong head +3 (R2 1:13, 5-8)`."""
    name = event.label[:1].upper() + event.label[1:]
    if event.kind in _OF_ITSELF:
        return name
    place = [] if event.round is None else [f"R{event.round}"]
    if event.clock_ms is not None:
        place.append(time_codes.minutes(event.clock_ms // 1000))
    score = [] if event.score is None else [f"{event.score[0]}-{event.score[1]}"]
    more = ", ".join([*([" ".join(place)] if place else []), *score])
    return f"{name} ({more})" if more else name


def webvtt(parts: Sequence[Chapter]) -> str:
    """WebVTT chapters, for players in browsers."""
    cues = [
        f"{number}\n{thousandths(part.start_ms)} --> {thousandths(part.end_ms)}\n{_vtt(part.title)}\n"
        for number, part in enumerate(parts, 1)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def youtube(parts: Sequence[Chapter]) -> str:
    """The lines that YouTube wants in a description: the first at 0:00, each 10 s or longer (shorter ones join)."""
    joined: list[Chapter] = []
    for part in parts:
        if joined and joined[-1].end_ms // 1000 - joined[-1].start_ms // 1000 < YOUTUBE_APART_MS // 1000:
            joined[-1] = _joined(joined[-1], part)
        else:
            joined.append(part)
    if len(joined) > 1 and joined[-1].end_ms - joined[-1].start_ms < YOUTUBE_APART_MS:
        joined[-2:] = [_joined(joined[-2], joined[-1])]
    hours = joined[-1].start_ms >= 3_600_000
    return "".join(f"{_short(part.start_ms, hours=hours)} {in_one_line(part.title)}\n" for part in joined)


def ffmetadata(parts: Sequence[Chapter]) -> str:
    """What ffmpeg writes into files as chapters."""
    lines = [";FFMETADATA1"]
    for part in parts:
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={part.start_ms}", f"END={part.end_ms}"]
        lines.append("title=" + re.sub(r"([=;#\\])", r"\\\1", in_one_line(part.title)))
    return "\n".join(lines) + "\n"


FORMATS: Final[dict[str, Callable[[Sequence[Chapter]], str]]] = {
    "webvtt": webvtt,
    "youtube": youtube,
    "ffmetadata": ffmetadata,
}


def _joined(one: Chapter, other: Chapter) -> Chapter:
    name = other.title if one.title == START and one.start_ms > 0 else f"{one.title} · {other.title}"
    return replace(one, title=name, end_ms=other.end_ms)


def _vtt(text: str) -> str:
    plain = in_one_line(text)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def in_one_line(text: str) -> str:
    """`text` in one line, of signs that every player and editor reads."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _short(milliseconds: int, *, hours: bool) -> str:
    seconds = milliseconds // 1000
    return time_codes.hours(seconds).removeprefix("0") if hours else time_codes.minutes(seconds)
