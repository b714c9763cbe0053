"""The recorded matches: everything is recognized, the results are the reviewed ones, and agree with the sender."""

import re

import pytest

from services.pss_parser.ring import RingParser
from shared.messages.match import AnyMatchEvent, Finding, MatchDecided, ResultAssessed, StageChanged
from shared.messages.pss import ResultKind
from shared.messages.wire import ParsedEntry
from tests.support.golden import CAPTURES, JOURNAL_ID, RING, SESSION, datagrams, entries, golden_files, parse

LINES = {"bo3-1-2-ptf-scores-gamjeom": 378, "break-full-wdr-tie": 96, "injury-expired-wdr-tie": 157}


def last(capture: str, keyword: str) -> str:
    """The last message of a stream in a capture, without its trailing `;`."""
    return [text for _, text in datagrams(capture) if text.startswith(f"{keyword};")][-1].removesuffix(";")


def test_the_corpus_is_there() -> None:
    """No capture lost a line, so that no test below passes on nothing."""
    assert {capture: len(entries(capture)) for capture in CAPTURES} == LINES


def decisions(results: list[ParsedEntry]) -> list[AnyMatchEvent]:
    """What was concluded, without the assessments and findings beside it."""
    events = [event for result in results for message in result.messages for event in message.events]
    return [event for event in events if not isinstance(event, Finding | ResultAssessed | StageChanged)]


@pytest.mark.parametrize("capture", CAPTURES)
def test_every_message_is_recognized(capture: str) -> None:
    """One recognized message per datagram, with its text."""
    results = parse(entries(capture), RingParser(RING, JOURNAL_ID))
    assert [[message.raw for message in result.messages] for result in results] == [
        [text] for _, text in datagrams(capture)
    ]
    messages = [message for result in results for message in result.messages]
    assert {message.kind for message in messages} == {ResultKind.RECOGNIZED}
    assert isinstance(decisions(results)[-1], MatchDecided)


@pytest.mark.parametrize("capture", CAPTURES)
def test_the_state_is_what_the_sender_said_last(capture: str) -> None:
    """Scores, round scores, round winners, gam-jeoms of the last round, winner and decision."""
    parser = RingParser(RING, JOURNAL_ID)
    parse(entries(capture), parser)
    state = parser.state()
    chong, hong = state.chong, state.hong
    rounds = zip(chong.round_scores, hong.round_scores, strict=True)
    assert last(capture, "s11") == ";".join(f"s1{n};{c};s2{n};{h}" for n, (c, h) in enumerate(rounds, 1))
    assert last(capture, "wrd") == "wrd;" + ";".join(f"rd{n};{won}" for n, won in enumerate(state.round_winners, 1))
    assert last(capture, "sc1") == f"sc1;{chong.score};sc2;{hong.score}"
    assert last(capture, "wg1") == f"wg1;{chong.gam_jeoms};wg2;{hong.gam_jeoms}"
    assert last(capture, "sup") == f"sup;{state.superiority}"
    assert last(capture, "rnd") == f"rnd;{state.round}"
    assert last(capture, "win") == f"win;{('TIE', 'BLUE', 'RED')[state.winner or 0]}"
    decision = f"{state.rounds_chong}-{state.rounds_hong} {state.decision}"
    assert last(capture, "wmh") == f"wmh;{state.winner_name or ''};{decision}"
    assert last(capture, "at1") == (
        f"at1;{chong.short_name};{chong.long_name};{chong.noc};at2;{hong.short_name};{hong.long_name};{hong.noc}"
    )
    match = re.match(r"mch;(.*?);(.*?);(.*?);", last(capture, "mch"))
    assert match is not None
    assert match.groups() == (state.match_number, state.phase, state.weight_class)


@pytest.mark.parametrize("capture", CAPTURES)
def test_golden(capture: str) -> None:
    """Every result is the reviewed one. `python -m tests.support.golden --write` writes them anew."""
    for path, text in golden_files(capture).items():
        golden = path.read_text(encoding="utf-8")
        assert golden.strip(), f"{path.name} is empty"
        assert text == golden, path.name


def test_the_contradiction_is_kept() -> None:
    """Where round winners and result disagree, both stand as they were sent."""
    parser = RingParser(RING, JOURNAL_ID)
    parse(entries("bo3-1-2-ptf-scores-gamjeom"), parser)
    state = parser.state()
    assert (state.chong.rounds_won, state.hong.rounds_won) == (2, 1)
    assert (state.winner, state.rounds_chong, state.rounds_hong) == (2, 1, 2)


@pytest.mark.parametrize("capture", CAPTURES)
def test_one_match_fought_three_times_is_three_matches(capture: str) -> None:
    """The same number with the same athletes is a new match after each result."""
    parser = RingParser(RING, JOURNAL_ID)
    ids = set()
    length = LINES[capture]
    for time in range(3):
        results = parse(entries(capture, after_s=1000.0 * time), parser)
        ids |= {message.match_id for result in results for message in result.messages}
    assert ids == {None, *(f"{RING}.{SESSION[:8]}.{1 + time * length}" for time in range(3))}
