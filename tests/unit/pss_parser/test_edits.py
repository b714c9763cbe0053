"""What people decide: edits, edits taken back, matches by hand and closed ones."""

from typing import Any

import pytest

from services.pss_parser.ring import RingParser
from services.pss_parser.story import MOST_EDITS
from shared.messages.edits import Changes
from shared.messages.facts import CloseAsked, EditMade, EditTakenBack, MatchEntered
from shared.messages.match import (
    AnyMatchEvent,
    EditUndone,
    Finding,
    MatchClosed,
    MatchEdited,
    MatchLoaded,
    ResultAssessed,
    Stage,
)
from shared.messages.wire import ParsedEntry
from tests.unit.pss_parser.feed import CHONG, HONG, Feed

WHO: dict[str, Any] = {"author": "M. Kos", "reason": "sheet of the officials"}
WINNER = Changes(winner=1, decision="PTF")


def edit(feed: Feed, match_id: str | None, changes: Changes = WINNER) -> ParsedEntry:
    assert match_id is not None
    return feed.happens(EditMade(match_id=match_id, changes=changes, **WHO))


def undo(feed: Feed, match_id: str, edit_id: str) -> ParsedEntry:
    return feed.happens(EditTakenBack(match_id=match_id, edit_id=edit_id, **WHO))


def decided(result: ParsedEntry) -> list[AnyMatchEvent]:
    """The events that are a person's doing."""
    return [event for event in result.events if isinstance(event, MatchEdited | EditUndone | MatchClosed | Finding)]


def test_an_edit_lies_over_what_was_sent() -> None:
    """It is in the state with its author, what the sender declared stays, and taken back it is gone."""
    feed = Feed()
    match_id = feed.load().match_id
    feed.decide()
    result = edit(feed, match_id)
    edit_id = f"ring-1.session-.{feed.parser.entry}"
    expected = MatchEdited(edit_id=edit_id, match_id=match_id, changes=WINNER, **WHO)
    assert decided(result) == [expected]
    assert (result.match_id, result.round, result.score) == (match_id, 1, (0, 0))
    assert feed.parser.changed
    state = feed.state
    assert (state.edits, state.winner, state.decision) == ((expected,), 2, "PTF")
    assert decided(undo(feed, match_id, edit_id)) == [EditUndone(edit_id=edit_id, match_id=match_id, **WHO)]
    assert feed.state.edits == ()


def test_an_edit_that_is_not_in_force_cannot_be_taken_back() -> None:
    """Never made, or taken back before: a finding, and nothing else."""
    feed = Feed()
    match_id = feed.load().match_id
    edit(feed, match_id)
    edit_id = feed.state.edits[0].edit_id
    undo(feed, match_id, edit_id)
    for unknown in (edit_id, "ring-1.session-.999"):
        (finding,) = decided(undo(feed, match_id, unknown))
        assert isinstance(finding, Finding)
        assert (finding.rule, finding.evidence["edit_id"]) == ("edit_unknown", unknown)


def test_an_edit_of_another_match_is_not_taken_back() -> None:
    """Neither where the match that is named is loaded, nor known, nor gone; under its own it can be."""
    feed = Feed()
    first = feed.load().match_id
    edit(feed, first)
    edit_id = feed.state.edits[0].edit_id
    second = feed.load("102").match_id
    for named in (second, "ring-1.earlier.1"):
        (finding,) = decided(undo(feed, named, edit_id))
        assert isinstance(finding, Finding)
        assert (finding.rule, finding.evidence["match_id_of_edit"]) == ("edit_unknown", first)
    feed.load()
    assert [type(event) for event in decided(undo(feed, second, edit_id))] == [Finding]
    assert [edit.edit_id for edit in feed.state.edits] == [edit_id]
    assert [type(event) for event in decided(undo(feed, first, edit_id))] == [EditUndone]


def test_more_edits_than_anybody_makes_are_refused() -> None:
    """Of the loaded match and of a known one; one that is taken back makes room."""
    feed = Feed()
    first = feed.load().match_id
    for _ in range(MOST_EDITS):
        assert [type(event) for event in decided(edit(feed, first))] == [MatchEdited]
    for number in ("101", "102"):
        feed.load(number)
        (finding,) = decided(edit(feed, first))
        assert isinstance(finding, Finding)
        assert (finding.rule, finding.evidence["match_id"]) == ("edit_refused", first)
    feed.load()
    assert len(feed.state.edits) == MOST_EDITS
    undo(feed, first, feed.state.edits[0].edit_id)
    assert [type(event) for event in decided(edit(feed, first))] == [MatchEdited]


def test_edits_stay_with_their_match() -> None:
    """One made while another match is loaded is there when the match is loaded again, and after a restart."""
    feed = Feed()
    first = feed.load().match_id
    edit(feed, first, Changes(phase="Final"))
    second = feed.load("102").match_id
    assert feed.state.edits == ()
    result = edit(feed, first)
    assert (result.match_id, result.round, result.score) == (first, None, None)
    feed = Feed(RingParser.load(feed.parser.dump()))
    assert feed.load().match_id == first
    assert [edit.changes for edit in feed.state.edits] == [Changes(phase="Final"), WINNER]
    assert feed.load("102").match_id == second
    assert feed.state.edits == ()


def test_a_match_that_left_the_ring_is_edited_in_the_database_only() -> None:
    """The events are told with its id; whether an edit of it is in force is not known here."""
    feed = Feed()
    match_id = feed.load().match_id
    feed.decide()
    feed.load()
    result = edit(feed, match_id)
    (event,) = decided(result)
    assert isinstance(event, MatchEdited)
    assert (event.match_id, result.match_id, feed.state.edits) == (match_id, match_id, ())
    assert [type(event) for event in decided(undo(feed, match_id, event.edit_id))] == [EditUndone]


ENTERED = Changes(
    match_number="101",
    phase="Final",
    weight_class="M -68kg",
    chong_name="Marija Čačić",
    chong_noc="CRO",
    hong_name="Dunja Đurić",
)


def enter(feed: Feed, changes: Changes = ENTERED) -> MatchLoaded:
    result = feed.happens(MatchEntered(changes=changes, total_rounds=3, round_ms=120_000, **WHO))
    (load,) = [event for event in result.events if isinstance(event, MatchLoaded)]
    assert result.match_id == load.match_id == f"ring-1.session-.{feed.parser.entry}"
    return load


def test_a_match_by_hand_is_the_ring_s_match() -> None:
    """What the scoring system says afterwards belongs to it; its own load of that match goes on with it."""
    feed = Feed()
    other = feed.load("099").match_id
    load = enter(feed)
    assert (load.by_hand, load.is_reload, load.match_number, load.total_rounds) == (True, False, "101", 3)
    state = feed.state
    assert state.match_id == load.match_id != other
    assert (state.stage, state.chong.long_name, state.chong.noc) == (Stage.LOADED, "Marija Čačić", "CRO")
    assert feed.send("clk;02:00;start;")[0].match_id == load.match_id
    again = feed.load()
    assert (again.match_id, again.is_reload, again.by_hand) == (load.match_id, True, False)
    assert feed.load().match_id == load.match_id


def test_the_points_of_a_match_by_hand_are_counted() -> None:
    """No point is told to be outside of a round, or without a score."""
    feed = Feed()
    enter(feed)
    feed.send("clk;2:00;start;")
    for score in range(2, 12, 2):
        feed.wait(3)
        feed.send(f"sc1;{score};sc2;0", f"s11;{score};s21;0;", "pt1;2;")
    feed.wait(3)
    feed.send("clk;1:40;stop;", "clk;0:00;stopEnd;", "wrd;rd1;1;rd2;0;rd3;0")
    assert feed.state.rounds[0].score == (10, 0)
    told = {finding.rule for finding in feed.findings()}
    assert not told & {"score_without_point", "point_without_score", "point_outside_round"}


def test_the_match_that_a_match_by_hand_unloads_is_assessed() -> None:
    """As if another load had come."""
    feed = Feed()
    unloaded = feed.load("099")
    feed.send("clk;02:00;start;", "sc1;3;sc2;0", "clk;01:40;stop;", "clk;0:00;stopEnd;", "wrd;rd1;1;rd2;0;rd3;0")
    feed.send("rnd;2;", "clk;02:00;start;", "clk;01:40;stop;")
    before = len(feed.results)
    enter(feed)
    by_hand = [event for event in feed.events(before) if isinstance(event, ResultAssessed)]
    feed = Feed()
    assert feed.load("099") == unloaded
    feed.send("clk;02:00;start;", "sc1;3;sc2;0", "clk;01:40;stop;", "clk;0:00;stopEnd;", "wrd;rd1;1;rd2;0;rd3;0")
    feed.send("rnd;2;", "clk;02:00;start;", "clk;01:40;stop;")
    before = len(feed.results)
    feed.load("101")
    by_load = [event for event in feed.events(before) if isinstance(event, ResultAssessed)]
    assert by_hand
    assert by_hand == by_load


@pytest.mark.parametrize(
    "other",
    [{"number": "102"}, {"weight": "M -74kg"}, {"hong": "A. BABIĆ;Ana BABIĆ;CRO"}, {"chong": CHONG[:-3] + "SRB"}],
    ids=lambda value: next(iter(value)),
)
def test_another_match_than_the_one_by_hand(other: dict[str, str]) -> None:
    """Nothing that both say may differ."""
    feed = Feed()
    entered = enter(feed)
    assert feed.load(**other).match_id != entered.match_id  # type: ignore[arg-type]  # the arguments of a load


def test_a_match_by_hand_without_a_number_is_known_by_its_athletes() -> None:
    """Both of them; one alone could be anybody's."""
    feed = Feed()
    entered = enter(feed, Changes(chong_name="Marija ČAČIĆ", hong_name="D. ĐURIĆ"))
    assert feed.load().match_id == entered.match_id
    feed = Feed()
    entered = enter(feed, Changes(chong_name="Marija ČAČIĆ"))
    assert feed.load().match_id != entered.match_id


def test_a_result_that_is_entered_with_a_match_is_an_edit() -> None:
    """It was not sent."""
    feed = Feed()
    load = enter(feed, Changes(match_number="7", round_winners=(1, 1), winner=1))
    (made,) = feed.state.edits
    assert (made.match_id, made.changes) == (load.match_id, Changes(round_winners=(1, 1), winner=1))
    assert feed.state.winner is None


def test_a_closed_match_is_over() -> None:
    """The ring has none, what still comes belongs to none, and the same number is a new match."""
    feed = Feed()
    match_id = feed.load().match_id
    feed.send("clk;02:00;start;", "clk;01:40;stop;", "ch1;")
    result = feed.happens(CloseAsked(match_id=match_id, **WHO))
    assert decided(result) == [MatchClosed(match_id=match_id, **WHO)]
    assert result.match_id == match_id
    assert (feed.state.match_id, feed.state.stage, feed.state.challenges) == (None, Stage.CLOSED, ())
    assert feed.send("clk;01:40;start;")[0].match_id is None
    assert feed.state.stage is Stage.CLOSED
    assert feed.load().match_id != match_id
    assert (feed.state.stage, feed.state.winner) == (Stage.READY, None)


def test_closing_a_match_that_is_not_loaded_leaves_the_ring_alone() -> None:
    """Only its number is free."""
    feed = Feed()
    first = feed.load().match_id
    second = feed.load("102").match_id
    feed.happens(CloseAsked(match_id=first, **WHO))
    assert (feed.state.match_id, feed.state.stage) == (second, Stage.READY)
    feed.send("pre;FightLoaded;", f"at1;{CHONG};at2;{HONG};")
    assert feed.load().match_id != first
