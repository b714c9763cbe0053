"""Scores, gam-jeoms, round scores, round winners, superiority and the result."""

from shared.messages.match import Corrected, CorrectionMade, GamJeomsChanged, MatchDecided, RoundWon, ScoreChanged
from tests.unit.pss_parser.feed import Feed


def loaded() -> Feed:
    feed = Feed()
    feed.load()
    return feed


def test_a_score_is_told_when_it_changes() -> None:
    """Per athlete, with what it was; said again it is no news."""
    feed = loaded()
    assert feed.concluded("sc1;0;sc2;3") == [ScoreChanged(athlete=2, before=0, after=3)]
    assert feed.concluded("sc1;0;sc2;3") == []
    assert feed.concluded("sc1;2;sc2;5") == [
        ScoreChanged(athlete=1, before=0, after=2),
        ScoreChanged(athlete=2, before=3, after=5),
    ]
    feed.wait(2)
    assert feed.concluded("sc1;1;sc2;5") == [
        ScoreChanged(athlete=1, before=2, after=1),
        CorrectionMade(what=Corrected.SCORE, round=1, athlete=1, before=2, after=1),
    ]


def test_one_side_alone_leaves_the_other() -> None:
    """`sc1;N;` and `sc2;N;` apart, and a side that cannot be read."""
    feed = loaded()
    assert feed.concluded("sc1;4;", "sc2;3;") == [
        ScoreChanged(athlete=1, before=0, after=4),
        ScoreChanged(athlete=2, before=0, after=3),
    ]
    assert feed.concluded("sc1;x;sc2;5", "sc1;x;") == [ScoreChanged(athlete=2, before=3, after=5)]
    assert feed.concluded("wg1;1;") == [GamJeomsChanged(athlete=1, before=0, after=1)]
    assert (feed.state.chong.score, feed.state.hong.score, feed.state.chong.gam_jeoms) == (4, 5, 1)


def test_a_round_restarts_silently() -> None:
    """Scores and gam-jeoms are 0 in the next round without an event; the rounds' scores stay."""
    feed = loaded()
    feed.send("sc1;5;sc2;3", "s11;5;s21;3;s12;0;s22;0;s13;0;s23;0", "wg1;2;wg2;1;", "sup;1")
    assert feed.concluded("rnd;2;") == []
    state = feed.state
    assert (state.chong.score, state.hong.score, state.chong.gam_jeoms, state.hong.gam_jeoms) == (0, 0, 0, 0)
    assert (state.chong.round_scores, state.hong.round_scores) == ((5, 0, 0), (3, 0, 0))
    assert state.superiority == 0
    assert feed.results[-1].messages[0].score == (0, 0)
    assert feed.concluded("sc1;0;sc2;1") == [ScoreChanged(athlete=2, before=0, after=1)]
    assert feed.concluded("rnd;2;") == []
    assert feed.state.hong.score == 1


def test_a_load_says_where_the_match_stands() -> None:
    """The scores in a burst are no changes, neither at the first load nor in mid-match."""
    feed = Feed()
    before = len(feed.results)
    feed.load(score="sc1;7;sc2;2", round_number=2, clock="1:10")
    assert not any(isinstance(event, ScoreChanged) for event in feed.events(before))
    assert (feed.state.chong.score, feed.state.round) == (7, 2)
    assert feed.concluded("sc1;7;sc2;4") == [ScoreChanged(athlete=2, before=2, after=4)]


def test_the_score_is_none_until_it_is_said_or_a_match_is_loaded() -> None:
    """The moment of a message tells "nothing known" from 0:0."""
    feed = Feed()
    assert feed.send("clk;1:00;")[0].score is None
    assert feed.send("sc2;1;")[0].score == (0, 1)
    feed = loaded()
    assert feed.results[-1].messages[0].score == (0, 0)


def test_round_scores_can_come_one_at_a_time() -> None:
    """Others keep theirs; a fourth round makes the list longer."""
    feed = loaded()
    feed.send("s22;4;", "s11;x;s21;1;", "s14;2;")
    assert feed.state.chong.round_scores == (0, 0, 0, 2)
    assert feed.state.hong.round_scores == (1, 4, 0)


def test_round_winners_are_told_when_they_change() -> None:
    """Each round on its own; taken back is 0; loading again tells only what is new."""
    feed = loaded()
    assert feed.concluded("wrd;rd1;1;rd2;0;rd3;0") == [RoundWon(round=1, winner=1)]
    assert feed.concluded("wrd;rd1;1;rd2;0;rd3;0") == []
    assert feed.concluded("wrd;rd1;2;rd2;1;rd3;0") == [
        RoundWon(round=1, winner=2),
        CorrectionMade(what=Corrected.ROUND_WINNER, round=1, before=1, after=2),
        RoundWon(round=2, winner=1),
    ]
    assert feed.concluded("wrd;rd1;x;rd2;0;rd3;0") == [
        RoundWon(round=2, winner=0),
        CorrectionMade(what=Corrected.ROUND_WINNER, round=2, before=1, after=0),
    ]
    assert (feed.state.round_winners, feed.state.hong.rounds_won) == ((2, 0, 0), 1)
    before = len(feed.results)
    feed.load(rounds="rd1;2;rd2;2;rd3;0")
    assert [event for event in feed.events(before) if isinstance(event, RoundWon)] == [RoundWon(round=2, winner=2)]


def test_a_result_is_told_as_far_as_it_is_known() -> None:
    """By both halves in either order, again when the operator changes it, and not when it is only said again."""
    whole = MatchDecided(winner=2, winner_name="Dunja ĐURIĆ", rounds_chong=1, rounds_hong=2, decision="PTF")
    feed = loaded()
    assert feed.concluded("win;RED") == [MatchDecided(winner=2)]
    assert feed.concluded("wmh;Dunja ĐURIĆ;1-2 PTF;") == [whole]
    assert feed.concluded("win;RED", "wmh;Dunja ĐURIĆ;1-2 PTF;") == []
    assert feed.parser.at_boundary is False
    assert feed.concluded("win;TIE")[0] == MatchDecided(
        winner=0, winner_name="Dunja ĐURIĆ", rounds_chong=1, rounds_hong=2, decision="PTF"
    )
    feed = loaded()
    feed.send("wmh;Dunja ĐURIĆ;1-2 PTF;")
    assert feed.concluded("win;RED") == [whole]


def test_a_result_that_says_nothing_decides_nothing() -> None:
    """An unreadable winner or an empty decision is no result."""
    feed = loaded()
    assert feed.concluded("win;GREEN", "win;", "wmh;;", "wmh;") == []
    assert feed.load().is_reload


def test_superiority_is_kept_as_said() -> None:
    """A value that cannot be read changes nothing."""
    feed = loaded()
    feed.send("sup;2", "sup;7")
    assert feed.state.superiority == 2
