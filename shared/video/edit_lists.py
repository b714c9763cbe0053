"""The events of a recording for video editors: an edit list (EDL, CMX3600) that cuts the recording at each chapter, and
a table (CSV) of everything. Pure; used by `restrike obs chapters`.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

from shared.messages.recordings import VideoStored
from shared.video import time_codes
from shared.video.chapters import Chapter, in_one_line
from shared.video.stored import Event

COLUMNS: Final = (
    "video",
    "file",
    "event",
    "kind",
    "label",
    "offset_ms",
    "timecode",
    "round",
    "clock",
    "athlete",
    "score_chong",
    "score_hong",
    "match",
)
MOST_EVENTS: Final = 999
"""An event of an EDL has three digits."""
_REEL: Final = 8
"""Characters of a reel's name in CMX3600."""
SIDES: Final = {0: "referee", 1: "chong", 2: "hong"}
"""Whom something is about."""


def edl(parts: Sequence[Chapter], *, title: str, file: str, reel: str, fps: float) -> str:
    """An edit list of one video track and its sound: the recording in one piece, cut at each chapter, which stands in a
    comment and as a marker. Time codes count whole pictures of `fps`, without drop frames; the source starts at 0.
    """
    lines = [f"TITLE: {in_one_line(title)}", "FCM: NON-DROP FRAME", ""]
    name = reel_name(reel)
    begins = _frames(parts[0].start_ms, fps) if parts else 0
    whole = [part for part in parts if _frames(part.end_ms, fps) > _frames(part.start_ms, fps)]
    for number, part in enumerate(whole[:MOST_EVENTS], 1):
        start, end = _frames(part.start_ms, fps), _frames(part.end_ms, fps)
        codes = " ".join(time_codes.frames(frame, fps) for frame in (start, end, start - begins, end - begins))
        lines.append(f"{number:03d}  {name:<8} AA/V  C        {codes}")
        lines.append(f"* FROM CLIP NAME: {in_one_line(file)}")
        lines.append(f"* COMMENT: {in_one_line(part.title)}")
        lines.append(f"* LOC: {time_codes.frames(start - begins, fps)} RED     {in_one_line(part.title)}")
    return "\n".join(lines) + "\n"


def table(video: VideoStored, events: Sequence[Event]) -> str:
    """All events as CSV, one a line; the match's first and last picture as `match_in` and `match_out`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    file = video.path or video.obs_path
    places = [("match_in", video.in_ms), ("match_out", video.out_ms)]
    rows = [
        (at, (video.video_id, file, None, kind, None, at, stamp(at), *[None] * 5, video.match_id))
        for kind, at in places
        if at is not None
    ]
    for event in events:
        said = event.said
        clock = None if said.clock_ms is None else time_codes.minutes(said.clock_ms // 1000)
        side = None if said.athlete is None else SIDES.get(said.athlete)
        place = (said.offset_ms, stamp(said.offset_ms), said.round, clock, side, *(said.score or (None, None)))
        row = (video.video_id, file, event.number, said.kind, said.label, *place, said.match_id)
        rows.append((said.offset_ms, row))
    writer.writerows(row for _, row in sorted(rows, key=lambda one: one[0]))
    return out.getvalue()


def within(parts: Sequence[Chapter], *, in_ms: int | None, out_ms: int | None) -> list[Chapter]:
    """What of the chapters lies between two places of the video."""
    start = in_ms or 0
    end = max((part.end_ms for part in parts), default=0) if out_ms is None else out_ms
    cut = [
        Chapter(title=part.title, start_ms=max(part.start_ms, start), end_ms=min(part.end_ms, end)) for part in parts
    ]
    return [part for part in cut if part.end_ms > part.start_ms]


def reel_name(text: str) -> str:
    """`text` as CMX3600 wants the name of a reel: up to eight letters and digits."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())[:_REEL] or "AX"


def stamp(milliseconds: int) -> str:
    """A place in a video: `0:01:13.250`."""
    return time_codes.thousandths(milliseconds).removeprefix("0")


def _frames(milliseconds: int, fps: float) -> int:
    return round(milliseconds * fps / 1000)
