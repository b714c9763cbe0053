"""The truth about where in a recording something is: an OBS whose picture changes its colour with each event."""

import itertools
from pathlib import Path
from typing import Final

from tests.support.bout import Bout
from tests.support.obs.probe import Probe
from tests.support.obs.video import BLUE, GREEN, NEAR, RED, Rgb, frames, paint
from tests.support.obs_suite import ObsSuite, Video
from tests.support.wait import pause

COLOURS: Final = (RED, GREEN, BLUE)
DARK: Final = (64, 64, 64)
APART_S: Final = 0.45
"""Between two flashes: several frames, at no whole number of them."""


class Flashes:
    """A point in a match is a new colour in OBS at the same moment; until the first one the picture is dark."""

    def __init__(self, probe: Probe, bout: Bout) -> None:
        self._probe = probe
        self._bout = bout
        self._colours = itertools.cycle(COLOURS)
        paint(probe, DARK)

    def send(self, count: int) -> None:
        """So many of them, one after the other."""
        for _ in range(count):
            self._bout.point()
            paint(self._probe, next(self._colours))
            pause(APART_S)


def seen_ms(path: Path) -> list[float]:
    """Where in a file the picture changes to another of COLOURS."""
    found, last = [], None
    for frame in frames(path):
        colour = next((colour for colour in COLOURS if _is(frame.colour, colour)), None)
        if colour is not None and colour != last:
            found.append(frame.pts_s * 1000)
            last = colour
    return found


def errors_ms(suite: ObsSuite, video: Video) -> list[float]:
    """By how much each stored point of a recording is later than its picture."""
    stored = suite.rows(
        "SELECT e.offset_ms FROM recorded_video_events e JOIN recorded_videos v ON v.id = e.video_id "
        "WHERE v.video_key = ? AND e.kind = 'point' ORDER BY e.offset_ms, e.id",
        video.key,
    )
    seen = seen_ms(Path(video.path or ""))
    assert len(stored) == len(seen), f"{len(stored)} points are stored, {len(seen)} flashes are seen"
    return [round(offset - at) for (offset,), at in zip(stored, seen, strict=True)]


def _is(seen: Rgb, painted: Rgb) -> bool:
    return all(abs(one - other) < NEAR for one, other in zip(seen, painted, strict=True))
