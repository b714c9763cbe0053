"""What `restrike events tail` subscribes to, and how it words events."""

from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from services.cli.event_lines import HumanLines
from services.cli.event_words import WORDS, words_of
from services.cli.topic_choice import choose_frames
from shared.messages import match, pss
from shared.messages.topics import MATCH_STATE, SERVICE_HEALTH, TOPICS
from shared.paths import Paths
from shared.rpc import Client


def test_every_event_has_its_words() -> None:
    """No kind of event is left to the fallback, except those whose fields say it all."""
    readings: set[Any] = set(get_args(pss.AnyReading))
    kinds = (
        readings
        | set(get_args(match.AnyMatchEvent))
        | {topic.type for topic in TOPICS.values() if not topic.direct and not get_args(topic.type)}
    )
    plain: set[Any] = {pss.UnknownReceived, pss.HandlingFailed}
    assert kinds - WORDS.keys() == plain
    assert WORDS.keys() <= kinds


def _event(data: pss.Reading, *, kind: pss.ResultKind = pss.ResultKind.RECOGNIZED, raw: str = "") -> object:
    return pss.PssEvent(
        ring="ring-1",
        entry=1,
        index=0,
        received_at_us=0,
        match_id=None,
        round=None,
        clock_ms=None,
        score=None,
        kind=kind,
        raw=raw,
        data=data,
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pss.PointScored(athlete=1, technique=pss.Technique.HEAD, value=3), "chong head +3"),
        (pss.PointScored(athlete=2, value=6), "hong technique 6"),
        (pss.ClockTicked(clock_ms=83_000, action=pss.ClockAction.STOP), "01:23 stop"),
        (pss.ClockTicked(), "--:--"),
        (pss.InjuryTicked(athlete=2, clock_ms=60_000, action=pss.InjuryAction.SHOW), "hong 01:00 show"),
        (pss.ScoreShown(chong=4), "4-."),
        (pss.RoundWinnersDeclared(winners=(1, 2, 0)), "R1 chong R2 hong"),
        (pss.SuperiorityShown(athlete=0), "tie"),
        (pss.WinnerDeclared(winner=2), "hong"),
        (pss.DecisionDeclared(winner_name="Č", rounds_chong=2, rounds_hong=1, decision="PTF"), "Č 2-1 PTF"),
        (pss.OfficialsNamed(), ""),
    ],
)
def test_words(data: pss.Reading, words: str) -> None:
    assert words_of(_event(data)) == words


def test_what_was_not_understood_shows_its_text() -> None:
    unknown = _event(pss.UnknownReceived(stream="zzz"), kind=pss.ResultKind.UNKNOWN, raw="zzz;1;")
    assert words_of(unknown) == "unknown: zzz;1;"
    partial = _event(pss.ClockTicked(faults=("clock:time",)), kind=pss.ResultKind.PARTIAL, raw="clk;x;")
    assert words_of(partial) == "partial clock:time: clk;x;"


def test_a_stream_does_not_command_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was sent stays one line, and its control characters are shown."""
    state = match.MatchState(
        ring="ring-1", journal_id="j", entry=1, changed_at_us=0, match_id="m", match_number="1\n\x1b"
    )
    HumanLines(Client(Paths(home))).show_state(MATCH_STATE, "ring-1", state)
    (line,) = capsys.readouterr().out.splitlines()
    assert r"match 1\x0a\x1b loaded" in line


def test_the_default_is_everything_but_the_heartbeats() -> None:
    frames = choose_frames([], ring=None)
    public = {topic.prefix for topic in TOPICS.values() if not topic.direct}
    assert set(frames) == public - {SERVICE_HEALTH.prefix}


@pytest.mark.parametrize(
    ("words", "ring", "frames"),
    [
        (["pss.clock"], None, [b"pss.clock/"]),
        (["pss.round"], None, [b"pss.round/"]),
        (["pss.round_"], None, [b"pss.round_scores/", b"pss.round_winners/"]),
        (["match.state", "match.state"], "ring-2", [b"match.state/ring-2/"]),
        (["service", "pss.point"], "ring-1", [b"pss.point/ring-1/"]),
        (["service.health"], None, [b"service.health/"]),
        (["db/"], None, [b"db.committed/", b"db.trouble/"]),
    ],
)
def test_topics_families_and_beginnings(words: list[str], ring: str | None, frames: list[bytes]) -> None:
    assert choose_frames(words, ring=ring) == frames


@pytest.mark.parametrize(("words", "ring"), [(["nonsense"], None), (["wire"], None), ([""], None), (["service"], "r")])
def test_choices_that_mean_nothing(words: list[str], ring: str | None) -> None:
    with pytest.raises(typer.BadParameter):
        choose_frames(words, ring=ring)
