"""What is odd in the order of rounds, matches, results and clocks; what bounds a flood of findings."""

from services.pss_parser.ring import RingParser
from services.pss_parser.telling import MOST_TOLD, WINDOW_US
from shared.messages.facts import InterpretationChosen
from shared.messages.match import Finding, Severity
from shared.messages.rules import Dialect, Interpretation, Strictness
from shared.messages.wire import Entry, Origin
from shared.rules import DEFAULT_RULES, shipped
from tests.unit.pss_parser.feed import Feed
from tests.unit.pss_parser.inspected import ABOUT_THE_RING

RULES = shipped()[DEFAULT_RULES]


def about_the_ring(feed: Feed) -> list[Finding]:
    """What the inspectors told, when nothing more can be waited for."""
    feed.wait(5)
    feed.send("avt;1;")
    return [finding for finding in feed.findings() if finding.rule in ABOUT_THE_RING]


def rules_of(feed: Feed) -> list[str]:
    return [finding.rule for finding in about_the_ring(feed)]


def loaded() -> Feed:
    feed = Feed()
    feed.load()
    feed.wait(20)
    return feed


def run(feed: Feed, start_s: int, end_s: int) -> None:
    """The clock starts at one time and ticks to the other."""
    feed.send(f"clk;{clock(start_s)};start;")
    for second in range(start_s - 1, end_s - 1, -1):
        feed.send(f"clk;{clock(second)};")
        feed.wait(0.99)


def clock(seconds: int) -> str:
    return f"{seconds // 60:02}:{seconds % 60:02}"


def end_round(feed: Feed, number: int) -> None:
    """The point gap ends a round, and its report follows."""
    feed.send("clk;01:55;stop;", "clk;0:00;stopEnd;")
    feed.wait(4)
    winners = ";".join(f"rd{at};{int(at <= number)}" for at in (1, 2, 3))
    feed.send(f"wrd;{winners}", "s11;0;s21;0;s12;0;s22;0;s13;0;s23;0", f"rst;{number};st1;0;0;0;0;0;0;st2;0;0;0;0;0;0;")
    feed.send("rsr;")
    feed.wait(5)


def test_a_clean_round_has_no_findings() -> None:
    """The steps of the tests below are in order by themselves."""
    feed = loaded()
    run(feed, 120, 115)
    end_round(feed, 1)
    feed.send("rnd;2;")
    feed.wait(3)
    run(feed, 120, 115)
    assert rules_of(feed) == []


def test_ticks_are_counted_and_a_jump_is_another_thing() -> None:
    """Time that passed without ticks is a loss; a clock that changed faster than time is a jump, or a rise."""
    feed = loaded()
    run(feed, 120, 115)
    feed.wait(3)
    feed.send("clk;01:51;")
    feed.wait(1)
    feed.send("clk;01:30;")
    feed.wait(1)
    feed.send("clk;01:50;")
    found = about_the_ring(feed)
    assert [finding.rule for finding in found] == ["ticks_missing", "clock_jumped", "clock_rose"]
    assert [finding.severity for finding in found] == [Severity.INFORMATION, Severity.WARNING, Severity.WARNING]
    missing = found[0]
    assert missing.evidence["count"] == 3
    assert (missing.evidence["last_ms"], missing.evidence["clock_ms"]) == (115_000, 111_000)
    assert missing.explanation == "3 ticks of the round clock were lost between 1:55 and 1:51."


def test_a_correction_explains_any_step() -> None:
    """`corr` up and down, and the start after it."""
    feed = loaded()
    run(feed, 120, 115)
    feed.send("clk;01:55;stop;", "clk;01:58;corr;", "clk;00:30;corr;", "clk;00:30;start;")
    assert rules_of(feed) == []


def test_a_late_tick_and_a_risen_clock() -> None:
    """A tick that is too high was late if the clock goes on below it; if it goes on from there, it rose."""
    for following, rules in (("01:54", ["late_datagram"]), ("01:56", ["clock_rose"])):
        feed = loaded()
        run(feed, 120, 115)
        feed.send("clk;01:57;")
        feed.wait(0.9)
        feed.send(f"clk;{following};")
        assert rules_of(feed) == rules


def test_a_pause_of_which_nothing_was_heard() -> None:
    """The clock went on by one second, a minute later."""
    feed = loaded()
    run(feed, 120, 115)
    feed.wait(60)
    feed.send("clk;01:54;")
    assert rules_of(feed) == ["clock_stood"]


def test_a_clock_that_shows_one_value_twice() -> None:
    """While it runs; the bytes may come later than a network would."""
    feed = loaded()
    run(feed, 120, 115)
    feed.send("clk;01:55;")
    assert rules_of(feed) == ["duplicate_datagram"]


def test_rounds_that_are_skipped() -> None:
    """On by two, or back; by one is in order."""
    for number, rules in (("2", []), ("3", ["round_skipped"])):
        feed = loaded()
        run(feed, 120, 115)
        end_round(feed, 1)
        feed.send(f"rnd;{number};")
        assert rules_of(feed) == rules
    feed.send("rnd;1;")
    assert rules_of(feed) == ["round_skipped", "round_skipped"]


def test_a_round_that_nobody_announced() -> None:
    """Without a break between, too."""
    feed = loaded()
    run(feed, 120, 115)
    end_round(feed, 1)
    run(feed, 120, 115)
    (finding,) = about_the_ring(feed)
    assert (finding.rule, finding.severity) == ("round_not_announced", Severity.WARNING)


def test_another_match_before_the_end() -> None:
    """Only if the one before had begun; a match that was decided is over."""
    feed = loaded()
    feed.load("102")
    feed.wait(20)
    assert rules_of(feed) == []
    run(feed, 120, 115)
    feed.send("clk;01:55;stop;")
    feed.load("103")
    (finding,) = about_the_ring(feed)
    assert (finding.rule, finding.severity) == ("match_without_end", Severity.WARNING)
    feed.wait(20)
    run(feed, 120, 115)
    end_round(feed, 1)
    feed.decide()
    feed.wait(20)
    feed.load("104")
    assert len(about_the_ring(feed)) == 1


def test_a_reload_in_mid_match_is_an_information() -> None:
    """The same match, loaded again after it began."""
    feed = loaded()
    run(feed, 120, 115)
    feed.send("clk;01:55;stop;")
    feed.wait(5)
    feed.load(clock="01:55")
    (finding,) = about_the_ring(feed)
    assert (finding.rule, finding.severity) == ("reloaded_mid_match", Severity.INFORMATION)


def test_another_result_and_scores_after_the_result() -> None:
    """Said once; the same result again is nothing."""
    feed = loaded()
    run(feed, 120, 115)
    end_round(feed, 1)
    feed.decide()
    feed.wait(5)
    feed.decide()
    assert rules_of(feed) == []
    feed.send("win;BLUE", "wmh;Marija ČAČIĆ;2-1 PTF;")
    assert rules_of(feed) == ["result_after_result"]
    for score in (1, 2):
        feed.send(f"sc1;{score};sc2;0", f"s11;{score};s21;0;s12;0;s22;0;s13;0;s23;0")
    assert rules_of(feed) == ["result_after_result", "message_after_result"]


def test_a_hardware_test_while_the_clock_runs() -> None:
    """Once for all its hits; before the start it is in order."""
    feed = loaded()
    feed.send("hwt;1;", "hwt;2;")
    run(feed, 120, 115)
    feed.send("hwt;1;", "hwt;3;", "hwt;0;")
    assert rules_of(feed) == ["hardware_test_in_match"]


def test_a_ring_that_is_first_heard_in_mid_match() -> None:
    """Once, and not a start that was not heard besides; a new session of a known match is in order."""
    feed = Feed()
    feed.send("clk;01:30;", "clk;01:29;")
    feed.wait(1)
    feed.send("clk;01:28;", "sc1;1;sc2;0", "s11;1;s21;0;s12;0;s22;0;s13;0;s23;0", "pt1;1;")
    assert rules_of(feed) == ["joined_mid_match"]
    feed = loaded()
    run(feed, 120, 115)
    feed.session = "session-2"
    feed.wait(30)
    feed.send("clk;01:25;", "clk;01:24;")
    assert "joined_mid_match" not in rules_of(feed)


def test_the_end_of_an_injury_that_was_not_heard() -> None:
    """The round goes on while the injury time is still shown."""
    feed = loaded()
    run(feed, 120, 115)
    feed.send("ij1;01:00;show;", "ij1;00:59;", "clk;01:55;stop;")
    feed.wait(1)
    feed.send("ij1;00:58;")
    feed.wait(1)
    run(feed, 115, 113)
    (finding,) = about_the_ring(feed)
    assert (finding.rule, finding.evidence["clock"]) == ("stop_unseen", "injury")


def test_strictness_says_what_unknown_streams_are() -> None:
    """Nothing, a warning or an error; text without a keyword as well. They are kept in any case."""
    for strictness, severity in (
        (Strictness.IGNORE, None),
        (Strictness.WARN, Severity.WARNING),
        (Strictness.ERROR, Severity.ERROR),
    ):
        feed = Feed()
        feed.put(
            Entry(
                feed.now_us,
                0,
                fact=InterpretationChosen(interpretation=Interpretation(rule_set=RULES, strictness=strictness)),
            )
        )
        messages = feed.send("xyz;1;", b"\x00\x01")
        assert [message.raw for message in messages] == ["xyz;1;", "\x00\x01"]
        assert [finding.severity for finding in feed.findings()] == ([severity] * 2 if severity else [])


def test_a_forced_dialect_that_is_the_wrong_one() -> None:
    """Said once a session, with what showed it; a detected one is never wrong."""
    for dialect, rules in ((Dialect.A, ["dialect_differs"]), (Dialect.B, []), (None, [])):
        feed = Feed()
        feed.put(
            Entry(
                feed.now_us,
                0,
                fact=InterpretationChosen(interpretation=Interpretation(rule_set=RULES, dialect=dialect)),
            )
        )
        feed.load()
        feed.wait(5)
        feed.load()
        assert rules_of(feed) == rules


def test_names_in_another_encoding() -> None:
    """Said once a session, with the encoding that was used."""
    feed = Feed()
    for _ in range(2):
        feed.send("at1;M. ČAČIĆ;Marija ČAČIĆ;CRO;at2;D. ĐURIĆ;Dunja ĐURIĆ;CRO;".encode("cp1250"))
        feed.wait(5)
    found = [finding for finding in about_the_ring(feed) if finding.rule == "text_not_utf8"]
    assert [finding.evidence["encoding"] for finding in found] == ["cp1250"]


def test_an_answer_is_no_second_sender() -> None:
    """The sender answers our question from another port."""
    feed = loaded()
    feed.send("sup;0")
    feed.send("sup;0", port=6001, origin=Origin.ANSWER)
    feed.send("sup;1")
    assert rules_of(feed) == []


def test_a_flood_is_counted() -> None:
    """At most so many findings of one rule in a window; the others are told as a number when it is over."""
    feed = loaded()
    run(feed, 120, 115)
    for _ in range(MOST_TOLD + 7):
        feed.send("avt;3;", "avt;3;")
        feed.wait(0.2)
    assert len(about_the_ring(feed)) == MOST_TOLD
    feed.wait(WINDOW_US / 1e6)
    feed.send("avt;3;", "avt;3;")
    *_, withheld, last = about_the_ring(feed)
    assert (withheld.rule, withheld.evidence["rule"], withheld.evidence["count"]) == (
        "findings_withheld",
        "duplicate_datagram",
        7,
    )
    assert last.rule == "duplicate_datagram"


def test_what_is_waited_for_survives_a_restart() -> None:
    """A parser that was saved in the middle of a burst tells the same as one that went on."""
    feed = loaded()
    run(feed, 120, 115)
    feed.send("sc1;1;sc2;0", "pt1;1;")
    again = Feed(RingParser.load(feed.parser.dump()))
    again.now_us = feed.now_us
    assert rules_of(again) == rules_of(feed) == ["burst_incomplete"]


def test_a_break_and_an_injury_time_may_begin_anew() -> None:
    """Their clock rises by that, and nothing is wrong."""
    feed = loaded()
    run(feed, 120, 115)
    feed.send("clk;01:55;stop;", "ij1;1:00;show;")
    feed.wait(1)
    feed.send("ij1;0:59;", "ij1;1:00;show;", "ij1;1:00;hide;", "clk;01:55;start;")
    end_round(feed, 1)
    feed.send("brk;0:01;start;")
    feed.wait(1)
    feed.send("brk;0:00;", "brk;1:00;start;")
    assert "clock_rose" not in rules_of(feed)
    feed.wait(1)
    feed.send("brk;1:05;")
    assert "clock_rose" in rules_of(feed)
