"""From the parser's results to what happens in a match: on recorded matches, and on a match that is joined late."""

from collections import Counter

import pytest

from services.pss_parser.ring import RingParser
from shared.automation.happenings import Follower, Happened
from shared.automation.match_view import MatchView, Venue, view_of
from shared.messages.automation import Happening
from shared.messages.match import Stage
from shared.messages.wire import Entry, ParsedEntry
from tests.support.golden import CAPTURES, JOURNAL_ID, RING, STARTED_AT_US, entries, parse

BOUT = "bo3-1-2-ptf-scores-gamjeom"
LOAD = (
    b"pre;FightLoaded;",
    b"at1;F. STORM;Ferenc STORM;JOR;at2;G. NOVAK;Grga NOVAK;MEX;",
    b"mch;101;Final;M -54kg;0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Under 21;3;120;cntDown;21;5;",
    b"rdy;FightReady;",
    b"clk;02:00;start;",
    b"clk;01:59;stop;",
)


def followed(results: list[ParsedEntry], *, first: int = 1, view: MatchView | None = None) -> list[Happened]:
    follower = Follower(view or MatchView(ring=RING), lambda: Venue(tournament="Open"))
    return [
        happened
        for number, result in enumerate(results, first)
        for happened in follower.take_entry(result, session="s", number=number)
    ]


def parsed(*bodies: bytes) -> list[ParsedEntry]:
    found = [Entry(STARTED_AT_US + n * 100_000, n * 100_000, "192.0.2.10", 1, body) for n, body in enumerate(bodies)]
    return parse(found, RingParser(RING, JOURNAL_ID))


def kinds(found: list[Happened]) -> list[str]:
    return [one.what.value for one in found if one.what is not Happening.CLOCK]


def test_a_recorded_match() -> None:
    """Its course, once each and in order, with the match as it stood just after."""
    found = followed(parse(entries(BOUT), RingParser(RING, JOURNAL_ID)))
    counted = Counter(one.what for one in found)
    assert counted[Happening.MATCH_LOADED] == counted[Happening.MATCH_READY] == counted[Happening.MATCH_DECIDED] == 1
    assert counted[Happening.ROUND_STARTED] == counted[Happening.ROUND_ENDED] == counted[Happening.ROUND_WON] == 3
    assert counted[Happening.BREAK_BEGAN] == 2
    loaded, decided = (
        next(one for one in found if one.what is what) for what in (Happening.MATCH_LOADED, Happening.MATCH_DECIDED)
    )
    assert (loaded.view.match_number, loaded.view.venue.tournament, loaded.is_reload) == ("7894", "Open", False)
    assert (decided.view.winner, decided.view.stage, decided.view.is_over) == (2, Stage.DECIDED, True)
    assert len(decided.view.round_winners) == 3


@pytest.mark.parametrize("capture", CAPTURES)
def test_joined_anywhere(capture: str) -> None:
    """Who joins late hears of what comes exactly what one hears who was there from the beginning."""
    parser, results, states = RingParser(RING, JOURNAL_ID), [], []
    for entry in entries(capture):
        results += parse([entry], parser)
        states.append(parser.state())
    whole = followed(results)
    for at in range(20, len(results), 17):
        late = followed(results[at:], first=at + 1, view=view_of(states[at - 1], Venue()))
        there = [one for one in whole if one.entry > at]
        assert [(one.entry, one.index, one.what) for one in late] == [
            (one.entry, one.index, one.what) for one in there
        ], at
        assert [one.view.match_id for one in late] == [one.view.match_id for one in there]


def test_places_are_unique() -> None:
    """No two happenings of a kind have the same place in the journal, but those of both athletes or several points."""
    for capture in CAPTURES:
        found = followed(parse(entries(capture), RingParser(RING, JOURNAL_ID)))
        places = Counter((one.entry, one.index, one.what, one.athlete, one.label) for one in found)
        assert [place for place, count in places.items() if count > 1] == []


def test_a_review_from_its_request_to_its_end() -> None:
    """Asked for, decided and over, once each."""
    found = followed(parsed(*LOAD, b"ch1;", b"ch1;1;", b"ch1;1;1;", b"clk;01:59;start;"))
    assert [kind for kind in kinds(found) if kind.startswith("review")] == [
        "review_requested",
        "review_decided",
        "review_ended",
    ]
    (decided,) = (one for one in found if one.what is Happening.REVIEW_DECIDED)
    assert decided.challenge is not None
    assert (decided.challenge.status.value, decided.athlete) == ("won", 1)


def test_a_review_that_was_asked_for_before_we_came() -> None:
    """It is not asked for again: its clip would come much too late. Its outcome is heard."""
    bodies = (*LOAD, b"ch1;", b"ch1;1;", b"ch1;1;1;", b"clk;01:59;start;")
    results, at = parsed(*bodies), len(LOAD) + 1
    state_parser = RingParser(RING, JOURNAL_ID)
    parse([result.entry for result in results[:at]], state_parser)
    late = followed(results[at:], first=at + 1, view=view_of(state_parser.state(), Venue()))
    assert [kind for kind in kinds(late) if kind.startswith("review")] == ["review_decided", "review_ended"]
    state_parser = RingParser(RING, JOURNAL_ID)
    parse([result.entry for result in results[: at + 2]], state_parser)
    later = followed(results[at + 2 :], first=at + 3, view=view_of(state_parser.state(), Venue()))
    assert [kind for kind in kinds(later) if kind.startswith("review")] == ["review_ended"], "decided before we came"


def test_loaded_again() -> None:
    """The same match: said to be a reload, and what is known of it stays."""
    found = followed(parsed(*LOAD, *LOAD[:4]))
    loads = [one for one in found if one.what is Happening.MATCH_LOADED]
    assert loads[0].is_reload is False
    assert loads[-1].is_reload is True
    assert {one.view.match_id for one in loads} == {loads[0].view.match_id}
