"""A suite at ringside with one real OBS, a mat and somebody who watches: what a fault costs is measured on it."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from shared.messages.obs import LinkState
from tests.support.mat import Mat
from tests.support.obs.display import Display
from tests.support.obs.real import RealObs, real_obs
from tests.support.obs.video import ffprobe, last_picture_s
from tests.support.obs_suite import DURATION_MS, ObsSuite, Video, obs_suite
from tests.support.obs_watch import Watch
from tests.support.stored import assert_sound, bodies
from tests.support.wait import eventually, lenient

SOON_S = 5.0
"""A fault is told, and mended after its cause is gone, within this."""
RESPONSIVE_S = 0.5
OFFSET_MS = 250
"""How far an event may be from its place in the recording."""
SESSIONS = """
SELECT s.video_key, s.part, s.state, s.reason, s.by_hand FROM obs_recording_sessions s
JOIN pss_matches m ON m.id = s.match_id WHERE m.match_number = ? ORDER BY s.id
"""


class Session(Struct, frozen=True, kw_only=True):
    """A row of obs_recording_sessions."""

    key: str
    part: int
    state: str
    reason: str | None
    by_hand: bool


class Measured(Struct, kw_only=True):
    """A line of the table of faults. `told_s` runs from the fault, `back_s` from the end of its cause."""

    fault: str
    told_s: float = 0.0
    sentence: str = ""
    back_s: float | None = None
    lost: str = ""
    slowest_s: float = 0.0
    lag_ms: float = 0.0


class Ringside:
    """What a test of faults works with. Each match has a number of its own."""

    def __init__(self, suite: ObsSuite, obs: RealObs, mat: Mat, watch: Watch) -> None:
        self.suite = suite
        self.obs = obs
        self.mat = mat
        self.watch = watch
        self.number = 100
        self.table: list[Measured] = []
        self.roots = [obs.records]
        """Where files of matches may be."""
        self.decided_us = 0
        """When the last match was decided (Unix us)."""
        self._fault_s = self._end_s = 0.0
        self._seen = 0

    # A match

    def recorded(self, *, for_s: float = 1.5) -> int:
        """A new match that is recorded since a while; its number. What came before is forgotten."""
        number = self.fight()
        self.records(within=SOON_S)
        self.goes_on(for_s=for_s)
        return number

    def goes_on(self, *, for_s: float = 1.0) -> None:
        """Wait until OBS says that its recording has so much in it."""

        def has_enough() -> bool:
            outputs = self.suite.status().outputs
            return outputs is not None and outputs.is_recording and outputs.record_ms >= for_s * 1000

        eventually(has_enough, within=10 + for_s, what=f"{for_s} s recorded")

    def fight(self) -> int:
        """A new match whose clock runs; its number."""
        self.number += 1
        self.watch.forget()
        self._seen = len(self.watch.log())
        self.mat.fight(self.number)
        return self.number

    def records(self, *, within: float) -> None:
        """Wait until OBS is connected, and the suite says that it records the match."""
        self.suite.connected(within=within)
        self.suite.records(self.number, within=within)

    def over(self) -> list[Video]:
        """Decide the match, and wait until all of its files are stored with all that belongs to them."""
        self.decided_us = time.time_ns() // 1000
        self.mat.decide()
        eventually(lambda: self.suite.status().recording in ("idle", "failed"), within=10, what="the end of it")
        return self.stored()

    def assert_placed(self, video: Video) -> None:
        """The decision is where it is to be seen in the file: its last pictures are from just after it."""
        sql = """SELECT e.offset_ms, v.started_at FROM recorded_video_events e
            JOIN recorded_videos v ON v.id = e.video_id
            WHERE v.video_key = ? AND e.kind = 'match_decided'"""
        ((offset_ms, started_at),) = self.suite.rows(sql, video.key)
        started_us = datetime.fromisoformat(started_at).timestamp() * 1_000_000
        truth_ms = (self.decided_us - started_us) / 1000
        assert abs(offset_ms - truth_ms) < OFFSET_MS, f"{offset_ms} ms instead of {truth_ms:.0f} ms"

    def stored(self) -> list[Video]:
        """The match's files, once nothing of them is open."""

        def look() -> list[Video]:
            found = self.videos()
            waiting = [v.obs_path for v in found if v.sha256 is None and v.problem is None]
            assert not waiting, f"without a checksum: {waiting}"
            assert all(session.state in ("idle", "failed") for session in self.sessions()), self.sessions()
            return found

        self.suite.stored()
        eventually(lambda: look() is not None, within=10, what=f"match {self.number} stored")
        return look()

    def videos(self) -> list[Video]:
        """The rows of the match's recordings."""
        return [video for video in self.suite.videos("match") if video.match == str(self.number)]

    def clips(self, count: int) -> list[Video]:
        """The clips of the match's reviews, once so many are stored and play."""

        def look() -> list[Video]:
            found = [video for video in self.suite.videos("review") if video.match == str(self.number)]
            assert len(found) == count, found
            assert all(clip.sha256 is not None for clip in found), found
            return found

        clips = eventually(look, within=10, what=f"{count} clips")
        for clip in clips:
            assert float(ffprobe(Path(clip.path or ""))["format"]["duration"]) > 0, clip
        return clips

    def sessions(self) -> list[Session]:
        """The rows of the match's recording sessions."""
        rows = self.suite.rows(SESSIONS, str(self.number))
        return [
            Session(key=key, part=part, state=state, reason=reason, by_hand=bool(by_hand))
            for key, part, state, reason, by_hand in rows
        ]

    # A fault

    @contextlib.contextmanager
    def fault(self, name: str) -> Iterator[Measured]:
        """Measure a fault: `began`, `told`, `gone` and `back` within its block; the suite answered all the while."""
        measured = Measured(fault=name)
        self.watch.forget()
        self.began()
        yield measured
        measured.slowest_s = max(self.watch.slowest_s.values(), default=0.0)
        measured.lag_ms = self.watch.lag_ms
        self.table.append(measured)
        print(json.dumps({name: f"told {measured.told_s:.2f} s, back {measured.back_s} s"}), measured.sentence)
        assert measured.slowest_s < lenient(RESPONSIVE_S), self.watch.slowest_s

    def began(self) -> None:
        """The fault is there from now on."""
        self._fault_s = time.monotonic()

    @property
    def fault_s(self) -> float:
        """When the fault began (monotonic s)."""
        return self._fault_s

    def told(self, measured: Measured, words: str) -> None:
        """It is told with these words within 5 s, and the operator finds them in `restrike obs status`."""
        measured.told_s, measured.sentence = self.watch.told(words, since_s=self._fault_s, within=SOON_S)
        eventually(lambda: words.lower() in self.shown().lower(), within=SOON_S, what=f"{words!r} in {self.shown()}")

    def gone(self) -> None:
        """The cause is gone from now on."""
        self._end_s = time.monotonic()

    def back(self, measured: Measured) -> None:
        """It is connected and records the match again, within 5 s."""
        self.records(within=SOON_S)
        measured.back_s = round(time.monotonic() - self._end_s, 2)

    def lines(self, words: str) -> list[dict[str, Any]]:
        """The log lines with these words since the match was loaded."""
        return [line for line in self.watch.log()[self._seen :] if words.lower() in json.dumps(line).lower()]

    def shown(self) -> str:
        """What `restrike obs status` prints."""
        return self.suite.restrike("obs", "status").stdout

    def configure(self, **options: str) -> None:
        """`restrike obs recording main --OPTION VALUE …`."""
        arguments = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", value)]
        self.suite.restrike("obs", "recording", "main", *arguments)

    def ready(self) -> None:
        """OBS runs, is connected, and nothing is under way, whatever the test before left."""
        if not self.obs.is_running():
            self.obs.start()
        self.suite.connected()
        if self.suite.status().recording == "recording":
            self.mat.decide()
        eventually(lambda: self.suite.status().recording in ("idle", "failed"), within=10, what="nothing under way")

    def proves(self, test: Callable[["Ringside"], object]) -> None:
        """Do `test` when all is ready; once more with a new OBS, where OBS itself hung: once in some hundred matches
        OBS 29 never ends a recording that it was told to end, and the suite says so.
        """
        self.ready()
        try:
            test(self)
        except AssertionError:
            if not self.lines("recording_not_ended") or self.suite.status().recording in ("idle", "failed"):
                raise
            print("OBS hung, and was ended:", self.lines("recording_not_ended")[-1])
            self.obs.cut_power()
            self.ready()
            test(self)

    def is_connected(self) -> bool:
        """Whether OBS can be asked now."""
        return self.suite.status().state is LinkState.CONNECTED

    def assert_true(self, videos: list[Video]) -> None:
        """Every row of the match tells the truth about its file, every file of it has one row, and parts count up."""
        for video in videos:
            _assert_true(video)
        assert [video.part for video in videos] == list(range(1, len(videos) + 1)), videos
        assert all((video.part > 1) == (f" part {video.part}." in (video.obs_path or "")) for video in videos), videos
        rows = sorted(video.path for video in videos if video.path is not None and Path(video.path).exists())
        files = sorted(
            str(file) for root in self.roots for file in root.rglob(f"* {self.number} Ferenc *") if file.is_file()
        )
        assert rows == files, "files and rows differ"
        keys = [session.key for session in self.sessions()]
        assert {video.key for video in videos} <= set(keys), "a file without a session"


@contextlib.contextmanager
def ringside(folder: Path, **options: Any) -> Iterator[Ringside]:
    """A suite with a real OBS; afterwards every datagram of the mat is in the database, once."""
    with Display() as display, real_obs(folder, display=display, **options) as obs, obs_suite(folder / "home") as suite:
        suite.connect(obs)
        suite.connected()
        with Mat(suite) as mat:
            with Watch(suite) as watch:
                yield Ringside(suite, obs, mat, watch)
            suite.stored()
            assert bodies(suite) == mat.sent
            assert suite.rows("SELECT producer, entry, error FROM refused_facts") == []
            assert_sound(suite)


def _assert_true(video: Video) -> None:
    path = Path(video.path or "")
    size = path.stat().st_size if video.path is not None and path.exists() else 0
    if size == 0:
        assert not video.is_whole, f"there is no such file: {video}"
        assert video.problem is not None, video
        return
    assert video.size_bytes == size, video
    if not video.is_whole and "no picture" in (video.problem or ""):
        return
    lasts_s = ffprobe(path)["format"].get("duration")
    if lasts_s is None:  # nobody closed it: it has its head, and perhaps some pictures
        last_s = last_picture_s(path)
        assert (video.is_whole, video.duration_ms is None) == (False, last_s is None), video
        assert abs((video.duration_ms or 0) - (last_s or 0) * 1000) < DURATION_MS, f"{last_s} s: {video}"
        return
    lasts_ms = float(lasts_s) * 1000
    assert video.duration_ms is not None, video
    assert abs(video.duration_ms - lasts_ms) < DURATION_MS, f"{lasts_ms} ms: {video}"
    assert video.is_whole or video.problem is not None, video
