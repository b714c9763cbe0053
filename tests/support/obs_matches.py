"""Simulated matches in front of a real OBS: played over UDP, and what must be stored of them beside what was played."""

import json
import re
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.support.obs_suite import ObsSuite, Video, assert_true
from tests.support.suite import Suite

TOURNAMENT = "Croatia Open 2026"
DAY = "2026-03-01"
FOLDER = "{tournament}/{day}"
FILE_NAME = "{ring} {matchNumber} {phase} {weight} {division} {date} {time} {player1} {country1} - {player2} {country2}"
STAYS_MS = 1_500
"""A decisive moment is where the clip's review was asked for, less the review's lead; saving a clip takes this long."""
SESSIONS = "SELECT video_key, state, obs_path, by_hand, part FROM obs_recording_sessions"


class Result(Struct, frozen=True):
    """What came of some matches: their recordings' lengths in s, and how many clips there are."""

    lengths_s: list[float]
    clips: int


def name_files(suite: Suite, *connections: str) -> None:
    """Have a tournament, and files named after everything that a name may hold."""
    suite.restrike("tournament", "new", TOURNAMENT, "--from", DAY, "--to", DAY, "--zone", "Europe/Zagreb")
    suite.restrike("tournament", "activate", TOURNAMENT, "--date", DAY)
    for name in connections:
        suite.restrike("obs", "recording", name, "--folder", FOLDER, "--file-name", FILE_NAME)


def simulate(suite: Suite, *options: str, speed: int, within: float = 600) -> dict[str, list[dict[str, Any]]]:
    """Play matches to their end; the truth of each, by ring."""
    truth = suite.home / "truth.json"
    suite.restrike("simulate", "--speed", str(speed), "--truth", str(truth), *options, within=within)
    suite.stored()
    rings = json.loads(truth.read_text(encoding="utf-8"))["rings"]
    return {ring["ring"]: ring["matches"] for ring in rings}


def assert_recorded(suite: ObsSuite, ring: str, truths: list[dict[str, Any]], *, connection: str = "main") -> Result:
    """Each match of a ring is one playable file under its name, each review a playable clip, and all rows are right."""
    mine = [video for video in suite.videos("match") if video.ring == ring]
    assert {video.connection for video in mine} == {connection}
    assert [video.match for video in mine] == [truth["match_number"] for truth in truths]
    lengths = []
    for video, truth in zip(mine, truths, strict=True):
        assert video.part == 1, video
        assert video.obs_path == video.path, video
        _assert_named(video, truth)
        lengths.append(assert_true(video))
    assert_sessions(suite)
    clips = sum(_assert_clips(suite, video, truth) for video, truth in zip(mine, truths, strict=True))
    return Result(lengths, clips)


def assert_sessions(suite: ObsSuite) -> None:
    """Each recording was followed to its end, and belongs to one video of the same path."""
    videos = {video.key: video for video in suite.videos("match")}
    rows = suite.rows(SESSIONS)
    assert sorted(key for key, *_ in rows) == sorted(videos)
    for key, state, obs_path, by_hand, part in rows:
        assert (state, obs_path, by_hand, part) == ("idle", videos[key].obs_path, 0, videos[key].part), videos[key]


def _assert_named(video: Video, truth: dict[str, Any]) -> None:
    """The name is made of what was played, and of the time at the venue."""
    chong, hong = truth["chong"], truth["hong"]
    kind = " ".join(truth[key] for key in ("phase", "weight_class", "division"))
    athletes = f"{chong['long_name']} {chong['noc']} - {hong['long_name']} {hong['noc']}"
    number = truth["match_number"]
    wanted = rf"{video.ring} {number} {re.escape(kind)} 20\d\d-\d\d-\d\d \d\d-\d\d-\d\d {re.escape(athletes)}\.mkv"
    path = Path(video.path or "")
    assert re.fullmatch(wanted, path.name), (path.name, wanted)
    assert path.parts[-3:-1] == (TOURNAMENT, "day 1"), path


def _assert_clips(suite: ObsSuite, match: Video, truth: dict[str, Any]) -> int:
    """Each review of a match has its clip, with its outcome, and the review names it."""
    clips = [clip for clip in suite.videos("review") if (clip.match, clip.ring) == (match.match, match.ring)]
    played = [(review["athlete"], review["outcome"]) for review in truth["challenges"]]
    assert [(clip.athlete, clip.outcome) for clip in clips] == played
    assert [clip.challenge for clip in clips] == list(range(1, len(clips) + 1))
    for clip in clips:
        lasts_s = assert_true(clip)
        assert clip.decisive_ms is not None, clip
        assert max(0, lasts_s * 1000 - 10_000 - STAYS_MS) <= clip.decisive_ms <= lasts_s * 1000, (clip, lasts_s)
        path = Path(clip.path or "")
        assert path.parts[-4:-1] == (TOURNAMENT, "day 1", "reviews"), path
        assert path.name.startswith(f"{clip.ring} {clip.match} R"), path
        assert clip.obs_path != clip.path, clip
        assert not Path(clip.obs_path or "").exists(), clip
    named = suite.rows(
        "SELECT c.replay_clip FROM challenges c JOIN pss_matches m ON m.id = c.match_id "
        "JOIN recorded_videos v ON v.match_id = m.id WHERE v.video_key = ? ORDER BY c.number",
        match.key,
    )
    assert [path for (path,) in named] == [clip.path for clip in clips]
    return len(clips)
