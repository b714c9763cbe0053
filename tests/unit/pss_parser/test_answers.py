"""What a scoring system says when it is asked: it fills what is not known, tells no change, and decides nothing."""

from services.pss_parser.ring import RingParser
from shared.messages.match import MatchLoaded, ResultAssessed, RoundEnded, Stage
from shared.messages.wire import Origin
from tests.unit.pss_parser.feed import CHONG, HONG, Feed

AT1 = f"at1;{CHONG};at2;{HONG};"
MCH = "mch;101;Final;M -68kg;0;#0000ff;#FFFFFF;#ff0000;#FFFFFF;null;Seniors;3;120;cntDown;20;5;"


def answer(feed: Feed, *texts: str) -> list[object]:
    """Answers, from another port; what changed by them."""
    return list(feed.concluded(*texts, origin=Origin.ANSWER))


def test_a_start_in_mid_match_is_made_whole() -> None:
    """The clock ran before the answers came: they name the match and its stand, and it runs on."""
    feed = Feed()
    feed.send("clk;01:10;", "clk;01:09;")
    changes = answer(feed, "clk;01:09;", "rnd;2;", "sc1;7;sc2;2", "wg1;1;wg2;0;", MCH, AT1, "wrd;rd1;2;rd2;0;rd3;0")
    (load,) = changes
    assert isinstance(load, MatchLoaded)
    assert (load.match_number, load.is_reload, load.match_id) == ("101", False, "ring-1.session-.8")
    state = feed.state
    assert (state.match_id, state.stage, state.round) == (load.match_id, Stage.RUNNING, 2)
    assert (state.clock_ms, state.clock_running) == (69_000, True)
    assert (state.chong.score, state.hong.score, state.chong.gam_jeoms) == (7, 2, 1)
    assert state.round_winners == (2, 0, 0)
    assert feed.send("clk;01:08;")[0].match_id == load.match_id
    feed.send("clk;01:00;stop;")
    assert feed.concluded("clk;0:00;stopEnd;") == [RoundEnded(round=2, fought_ms=None)]
    assert feed.load().match_id == load.match_id


def test_a_match_that_is_named_in_mid_round_is_counted() -> None:
    """Its points belong to the round that runs."""
    feed = Feed()
    feed.send("clk;01:10;", "clk;01:09;")
    answer(feed, "clk;01:09;", "rnd;2;", "sc1;7;sc2;2", "wg1;0;wg2;0;", MCH, AT1)
    for score in (9, 11):
        feed.wait(3)
        feed.send(f"sc1;{score};sc2;2", f"s11;0;s21;0;s12;{score};s22;2;", "pt1;2;")
    feed.wait(3)
    feed.send("clk;01:00;stop;", "clk;0:00;stopEnd;", "wrd;rd1;2;rd2;1;rd3;0")
    feed.send("s11;0;s21;0;s12;11;s22;2;")
    told = {finding.rule for finding in feed.findings()}
    assert not told & {"score_without_point", "point_without_score", "point_outside_round"}
    (current,) = (one for one in feed.state.rounds if one.round == 2)
    assert current.score == (11, 2)


def test_an_answer_that_names_another_match_ends_the_one_before() -> None:
    """Its result is assessed as after any load."""
    feed = Feed()
    unloaded = feed.load().match_id
    feed.send("clk;02:00;start;", "clk;01:40;stop;", "clk;0:00;stopEnd;", "wrd;rd1;1;rd2;0;rd3;0")
    feed.send("rnd;2;", "clk;02:00;start;", "clk;01:40;stop;")
    before = len(feed.results)
    answer(feed, f"at1;{HONG};at2;{CHONG};", MCH.replace("101", "102"))
    assessed = [event.result.match_id for event in feed.events(before) if isinstance(event, ResultAssessed)]
    assert unloaded in assessed


def test_a_ring_that_heard_nothing_knows_the_match_by_answers() -> None:
    """Before the first message; a first score is no change either."""
    feed = Feed()
    answer(feed, "clk;01:10;", AT1, MCH)
    assert (feed.state.stage, feed.state.clock_ms, feed.state.clock_running) == (Stage.READY, 70_000, False)
    assert feed.concluded("sc1;3;sc2;1") == []


def test_answers_that_say_what_is_known_change_nothing() -> None:
    """No second load, no event, nobody else who sends; older than what was heard, they are not believed."""
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;", "clk;01:40;", "sc1;3;sc2;0", "wrd;rd1;1;rd2;0;rd3;0", "rnd;2;", "clk;02:00;start;")
    before = feed.state
    assert answer(feed, "clk;01:40;", "rnd;1;", "brk;00:30;", AT1, MCH, "wrd;rd1;2;rd2;0;rd3;0") == []
    assert answer(feed, "sc1;3;sc2;0", "wg1;0;wg2;0;") == [], "the last packet of `sc` is the last round's"
    after = feed.state
    assert (after.match_id, after.round, after.clock_ms) == (before.match_id, 2, 120_000)
    assert (after.chong.score, after.round_winners, after.stage) == (0, (1, 0, 0), Stage.RUNNING)
    feed.send("clk;01:59;")
    assert "two_senders" not in {finding.rule for finding in feed.findings()}


def test_answers_fill_a_gap() -> None:
    """The round that began in it, its score, and the winner of the one before."""
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;", "clk;01:40;", "sc1;3;sc2;0")
    assert answer(feed, "rnd;2;", "sc1;0;sc2;5", "wg1;0;wg2;1;", "wrd;rd1;1;rd2;0;rd3;0") == []
    state = feed.state
    assert (state.round, state.chong.score, state.hong.score, state.hong.gam_jeoms) == (2, 0, 5, 1)
    assert state.round_winners == (1, 0, 0)


def test_an_answer_decides_nothing() -> None:
    """The last result may be that of the match before."""
    feed = Feed()
    feed.load()
    assert answer(feed, "win;RED", "wmh;Dunja ĐURIĆ;1-2 PTF;") == []
    assert (feed.state.winner, feed.state.decision, feed.state.stage) == (None, None, Stage.READY)
    assert feed.results[-1].messages[0].data.faults == ()


def test_an_answer_names_a_match_whose_load_was_not_heard() -> None:
    """Other athletes than those of the loaded match: it is another one."""
    feed = Feed()
    first = feed.load()
    (load,) = answer(feed, f"at1;{HONG};at2;{CHONG};", MCH.replace("101", "102"))
    assert isinstance(load, MatchLoaded)
    assert load.match_id != first.match_id


def test_a_break_is_filled_only_while_it_lasts() -> None:
    """Its last tick may be an hour old."""
    feed = Feed(RingParser("ring-1", "0123456789abcdef"))
    feed.load()
    answer(feed, "brk;00:30;")
    assert feed.state.break_ms is None
    feed.send("clk;02:00;start;")
    feed.wait(120)
    feed.send("clk;0:00;stopEnd;", "brk;00:59;")
    answer(feed, "brk;00:57;")
    assert feed.state.break_ms == 57_000
