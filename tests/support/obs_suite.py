"""A whole suite with real OBS connected, and what it has stored of recordings, clips and firings."""

import contextlib
import hashlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct

from shared.messages.commands import GetMatchState
from shared.messages.obs import LinkState, ObsStatus
from shared.messages.obs_commands import GetObsStatus
from tests.support.obs.fake import FakeObs
from tests.support.obs.real import RealObs
from tests.support.obs.video import ffprobe, playable_s
from tests.support.suite import Suite
from tests.support.wait import eventually

SETTLES_WITHIN_S = 20.0
"""A file is closed, measured, moved and has its checksum by then."""
DURATION_MS = 500
"""How far a stored length may be from that of the file."""
VIDEOS = """
SELECT v.video_key, v.kind, v.connection, v.ring, m.match_number, v.part, v.obs_path, v.path, v.duration_ms,
    v.size_bytes, v.sha256, v.is_whole, v.in_ms, v.out_ms, v.challenge_number, v.athlete_position, v.decisive_ms,
    v.outcome, v.problem
FROM recorded_videos v LEFT JOIN pss_matches m ON m.id = v.match_id ORDER BY v.id
"""
FIRINGS = """
SELECT rule, happening, ring, outcome, latency_ms, actions, session_uuid, entry, entry_index
FROM obs_rule_firings ORDER BY id
"""


class Video(Struct, frozen=True, kw_only=True):
    """A row of recorded_videos; `match` is the number of its match."""

    key: str
    kind: str
    connection: str
    ring: str
    match: str | None
    part: int
    obs_path: str | None
    path: str | None
    duration_ms: int | None
    size_bytes: int | None
    sha256: str | None
    is_whole: bool
    in_ms: int | None
    out_ms: int | None
    challenge: int | None
    athlete: int | None
    decisive_ms: int | None
    outcome: str | None
    problem: str | None


class FiringRow(Struct, frozen=True, kw_only=True):
    """A row of obs_rule_firings; `place` is that of what happened in the ring's journal."""

    rule: str
    happening: str
    ring: str
    outcome: str
    latency_ms: float | None
    actions: list[dict[str, Any]]
    place: tuple[str, int, int]


class ObsSuite(Suite):
    """A suite; `connect` gives it an OBS."""

    def connect(
        self, obs: RealObs | FakeObs, name: str = "main", *, rings: str = "all", post_roll_s: float = 0.5
    ) -> None:
        """Make a connection as an operator does, and wait until it stands."""
        self.environment["RESTRIKE_OBS_PASSWORD"] = obs.password
        self.restrike("obs", "add", name, "--port", str(obs.port), "--rings", rings)
        self.restrike("obs", "recording", name, "--post-roll", str(post_roll_s))
        self.restrike("obs", "connect", name)

    def status(self, name: str = "main") -> ObsStatus:
        """How a connection stands, as obs-bridge says."""
        found: list[ObsStatus] = [s for s in self.call(GetObsStatus()).connections if s.connection == name]
        assert found, f"obs-bridge does not know {name}{self.logs()}"
        return found[0]

    def records(self, match: int | None, name: str = "main", *, within: float = 8) -> None:
        """Wait until OBS records the match of this number; None: until it records nothing."""
        if match is None:
            eventually(lambda: self.status(name).recording, equals="idle", within=within, what="recording")
            return

        def is_recorded() -> bool:
            status = self.status(name)
            assert status.recording == "recording", status
            assert status.ring is not None, status
            state = self.call(GetMatchState(ring=status.ring))
            return (state.match_id, state.match_number) == (status.match_id, str(match))

        eventually(is_recorded, within=within, what=f"{name} records match {match}")

    def connected(self, name: str = "main", *, within: float = 10) -> None:
        """Wait until a connection stands."""
        eventually(lambda: self.status(name).state, equals=LinkState.CONNECTED, within=within, what=f"OBS {name}")

    @contextlib.contextmanager
    def frozen(self, service: str) -> Iterator[None]:
        """A service that SIGSTOP holds, and that goes on afterwards."""
        process = psutil.Process(self.kill(service, signal.SIGSTOP))
        eventually(lambda: process.status() == psutil.STATUS_STOPPED, within=5, what=f"{service} stopped")
        try:
            yield
        finally:
            process.resume()

    # What is stored

    def videos(self, kind: str = "") -> list[Video]:
        """The videos of a kind, oldest first."""
        rows = [dict(zip(Video.__struct_fields__, row, strict=True)) for row in self.rows(VIDEOS)]
        return [Video(**row | {"is_whole": bool(row["is_whole"])}) for row in rows if kind in ("", row["kind"])]

    def firings(self) -> list[FiringRow]:
        """What the rules did, oldest first."""
        return [
            FiringRow(
                rule=rule,
                happening=happening,
                ring=ring,
                outcome=outcome,
                latency_ms=latency_ms,
                actions=json.loads(actions),
                place=(session, entry, index),
            )
            for rule, happening, ring, outcome, latency_ms, actions, session, entry, index in self.rows(FIRINGS)
        ]

    def settled(
        self, *, matches: int | None = None, reviews: int | None = None, within: float = SETTLES_WITHIN_S
    ) -> list[Video]:
        """Wait until so many recordings of matches, or clips, are stored with all that belongs to them."""

        def look() -> list[Video]:
            recordings, clips = self.videos("match"), self.videos("review")
            assert matches in (None, len(recordings)), f"{len(recordings)} recordings"
            assert reviews in (None, len(clips)), f"{len(clips)} clips"
            found = [*(recordings if matches is not None else []), *(clips if reviews is not None else [])]
            open_ones = [v.obs_path for v in found if v.sha256 is None and (v.problem is None or v.path is not None)]
            assert not open_ones, f"without a checksum: {open_ones}"
            return recordings

        try:
            return eventually(look, within=within, what=f"{matches} recordings and {reviews} clips stored")
        except AssertionError as error:
            stored = "".join(f"\n{video}" for video in self.videos())
            raise AssertionError(f"{error}{stored}{self.logs()}") from None

    def assert_once(self) -> None:
        """Nothing was stored twice, refused or left waiting."""
        assert self.rows("SELECT producer, entry, error FROM refused_facts") == []
        paths = [video.obs_path for video in self.videos("match")]
        assert len(paths) == len(set(paths)), f"a file has two rows: {paths}"
        fired = [(f.rule, f.place) for f in self.firings() if f.place[0]]
        assert len(fired) == len(set(fired)), f"fired twice: {fired}"


@contextlib.contextmanager
def obs_suite(home: Path, *, rings: int = 1, **config: Any) -> Iterator[ObsSuite]:
    """A running suite that is gone afterwards."""
    with ObsSuite(home, rings=rings, **config) as suite:
        yield suite


def assert_true(video: Video) -> float:
    """A row tells the truth about its file, which plays to its end; its length in s."""
    assert video.path is not None, video
    path = Path(video.path)
    is_short = video.kind == "review" and video.decisive_ms == 0  # the buffer had just been started, which is said
    assert (video.problem is None) is not is_short, video
    assert video.is_whole, video
    content = path.read_bytes()
    assert video.size_bytes == len(content), video
    assert video.sha256 == hashlib.sha256(content).hexdigest(), video
    lasts_s = float(ffprobe(path)["format"]["duration"])
    assert video.duration_ms is not None, video
    assert abs(video.duration_ms - lasts_s * 1000) < DURATION_MS, (video.duration_ms, lasts_s)
    assert abs(playable_s(path) - lasts_s) < DURATION_MS / 1000, path
    return lasts_s
