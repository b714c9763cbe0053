"""The events of a recording as chapters, edit lists and tables: each format, to the letter."""

from typing import Any

import pytest

from shared.messages.recordings import VideoEvent, VideoKind, VideoStored
from shared.video.chapters import Chapter, chapters, chosen, ffmetadata, title, webvtt, youtube
from shared.video.edit_lists import edl, reel_name, table, within
from shared.video.stored import Event

VIDEO = VideoStored(
    video_id="v-1",
    kind=VideoKind.MATCH,
    connection="main",
    ring="ring-1",
    match_id="ring-1.a.1",
    obs_path="D:/Rec/a.mkv",
    in_ms=5_000,
    out_ms=95_000,
    duration_ms=100_000,
)


def event(kind: str, label: str, offset_ms: int, **more: Any) -> VideoEvent:
    return VideoEvent(kind=kind, label=label, offset_ms=offset_ms, at_us=0, session="s", entry=1, index=0, **more)


EVENTS = [
    event("match_loaded", "match 101 loaded", 0),
    event("round_started", "round 1", 5_500, round=1, clock_ms=120_000, score=(0, 0)),
    event("point", "chong body +2", 12_040, round=1, clock_ms=113_000, score=(2, 0), athlete=1),
    event("point", "hong head +3", 20_000, round=1, clock_ms=105_500, score=(2, 3), athlete=2),
    event("gam_jeom", "gam-jeom chong (1)", 47_250, round=1, clock_ms=80_000, score=(2, 4), athlete=1),
    event("review_requested", "review asked by hong", 60_000, round=1, clock_ms=70_000, score=(2, 4), athlete=2),
    event("match_decided", "hong wins", 92_000, round=1, athlete=2),
]
PARTS = chapters(chosen(EVENTS), duration_ms=100_000)


def test_which_events_are_chapters() -> None:
    """Kinds by their words, points from three up; one that does not say its points counts."""
    assert [one.label for one in chosen(EVENTS)] == [
        "round 1",
        "hong head +3",
        "gam-jeom chong (1)",
        "review asked by hong",
        "hong wins",
    ]
    assert [one.label for one in chosen(EVENTS, kinds=["point"], least_points=1)] == ["chong body +2", "hong head +3"]
    unknown = event("point", "hong point", 1)
    assert chosen([unknown], kinds=["point"], least_points=5) == [unknown]


def test_chapters_cover_the_video() -> None:
    """From 0 to the end without a gap; what happens at once is one chapter; what lies behind the end is none."""
    made = chapters(
        [event("a", "two", 5_000), event("a", "one", 0), event("a", "three", 5_000), event("a", "four", 9_000)],
        duration_ms=9_000,
    )
    assert [(one.title, one.start_ms, one.end_ms) for one in made] == [("One", 0, 5_000), ("Two, Three", 5_000, 9_000)]
    assert chapters([], duration_ms=None) == [Chapter(title="Start", start_ms=0, end_ms=10_000)]


def test_titles() -> None:
    """What it was, when in the match, the score just after."""
    assert [title(one) for one in (EVENTS[3], EVENTS[1], EVENTS[6])] == [
        "Hong head +3 (R1 1:45, 2-3)",
        "Round 1",
        "Hong wins (R1)",
    ]


def test_webvtt() -> None:
    """Cues with numbers, times and titles that cannot be read as anything else."""
    assert webvtt([*PARTS[:2], Chapter(title="a <b>\n--> & c", start_ms=3_600_001, end_ms=3_601_000)]) == (
        "WEBVTT\n\n"
        "1\n00:00:00.000 --> 00:00:05.500\nStart\n\n"
        "2\n00:00:05.500 --> 00:00:20.000\nRound 1\n\n"
        "3\n01:00:00.001 --> 01:00:01.000\na &lt;b&gt; --&gt; &amp; c\n"
    )


def test_youtube() -> None:
    """The first at 0:00, each ten seconds or longer: what is shorter joins the one before."""
    assert youtube(PARTS) == (
        "0:00 Start · Round 1\n"
        "0:20 Hong head +3 (R1 1:45, 2-3)\n"
        "0:47 Gam-jeom chong (1) (R1 1:20, 2-4)\n"
        "1:00 Review asked by hong (R1 1:10, 2-4) · Hong wins (R1)\n"
    )
    late = chapters([event("a", "late", 3_700_000)], duration_ms=3_800_000)
    assert youtube(late) == "0:00:00 Start\n1:01:40 Late\n"


def test_ffmetadata() -> None:
    """What ffmpeg reads; its own signs are marked."""
    assert ffmetadata([Chapter(title="a=b; #c\\d\ne", start_ms=0, end_ms=5_500)]) == (
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=5500\ntitle=a\\=b\\; \\#c\\\\d e\n"
    )


def test_edl() -> None:
    """The match from its first to its last picture, cut at each chapter, with names for editors."""
    inside = within(PARTS, in_ms=VIDEO.in_ms, out_ms=VIDEO.out_ms)
    assert edl(inside[:3], title="ring-1 101", file="a.mkv", reel="ring-1 101", fps=25) == (
        "TITLE: ring-1 101\n"
        "FCM: NON-DROP FRAME\n"
        "\n"
        "001  RING1101 AA/V  C        00:00:05:00 00:00:05:13 00:00:00:00 00:00:00:13\n"
        "* FROM CLIP NAME: a.mkv\n"
        "* COMMENT: Start\n"
        "* LOC: 00:00:00:00 RED     Start\n"
        "002  RING1101 AA/V  C        00:00:05:13 00:00:20:00 00:00:00:13 00:00:15:00\n"
        "* FROM CLIP NAME: a.mkv\n"
        "* COMMENT: Round 1\n"
        "* LOC: 00:00:00:13 RED     Round 1\n"
        "003  RING1101 AA/V  C        00:00:20:00 00:00:47:06 00:00:15:00 00:00:42:06\n"
        "* FROM CLIP NAME: a.mkv\n"
        "* COMMENT: Hong head +3 (R1 1:45, 2-3)\n"
        "* LOC: 00:00:15:00 RED     Hong head +3 (R1 1:45, 2-3)\n"
    )


def test_edl_counts_pictures() -> None:
    """At 29.97 the code counts to 30 and falls behind the clock, as without drop frames it does."""
    text = edl([Chapter(title="x", start_ms=0, end_ms=60_060)], title="t", file="f", reel="", fps=30000 / 1001)
    assert "001  AX       AA/V  C        00:00:00:00 00:01:00:00 00:00:00:00 00:01:00:00" in text


@pytest.mark.parametrize(("text", "name"), [("Čö -", "AX"), ("ring-12 1001A", "RING1210"), ("", "AX")])
def test_reel_names(text: str, name: str) -> None:
    """Eight letters and digits, whatever a ring is called."""
    assert reel_name(text) == name


def test_csv() -> None:
    """Everything that happened in the order of the video, with the match's first and last picture."""
    numbered = [Event(number=number, said=said) for number, said in enumerate(EVENTS[:4], 7)]
    assert table(VIDEO, numbered) == (
        "video,file,event,kind,label,offset_ms,timecode,round,clock,athlete,score_chong,score_hong,match\r\n"
        "v-1,D:/Rec/a.mkv,7,match_loaded,match 101 loaded,0,0:00:00.000,,,,,,\r\n"
        "v-1,D:/Rec/a.mkv,,match_in,,5000,0:00:05.000,,,,,,ring-1.a.1\r\n"
        "v-1,D:/Rec/a.mkv,8,round_started,round 1,5500,0:00:05.500,1,2:00,,0,0,\r\n"
        "v-1,D:/Rec/a.mkv,9,point,chong body +2,12040,0:00:12.040,1,1:53,chong,2,0,\r\n"
        "v-1,D:/Rec/a.mkv,10,point,hong head +3,20000,0:00:20.000,1,1:45,hong,2,3,\r\n"
        "v-1,D:/Rec/a.mkv,,match_out,,95000,0:01:35.000,,,,,,ring-1.a.1\r\n"
    )
