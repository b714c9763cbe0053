"""Video reviews: one object from the request to the outcome, whatever is lost, late or said twice."""

from shared.messages.episodes import Challenge, ChallengeStatus
from shared.messages.match import ChallengeChanged, Stage
from tests.unit.pss_parser.feed import Feed


def paused() -> Feed:
    feed = Feed()
    feed.load()
    feed.send("clk;02:00;start;", "clk;01:40;", "clk;01:40;stop;")
    return feed


def told(feed: Feed, *texts: str) -> list[tuple[int, ChallengeStatus, str | None]]:
    """Number, status and end, of each event."""
    events = feed.concluded(*texts)
    assert all(isinstance(event, ChallengeChanged) for event in events)
    reviews = [event.challenge for event in events if isinstance(event, ChallengeChanged)]
    return [(review.number, review.status, review.end) for review in reviews]


def test_a_review_as_it_was_recorded() -> None:
    """Asked for, 3.2 s later accepted, 12 ms later closed: accepted is all that is known of it."""
    feed = paused()
    asked_at_us, entry = feed.now_us + 10_000, feed.parser.entry + 1
    assert told(feed, "ch1;") == [(1, ChallengeStatus.REQUESTED, None)]
    feed.wait(3.2)
    assert told(feed, "ch1;1;", "ch1;-1;") == [
        (1, ChallengeStatus.ACCEPTED, None),
        (1, ChallengeStatus.ACCEPTED, "closed"),
    ]
    assert feed.state.challenges == (
        Challenge(
            number=1,
            athlete=1,
            status=ChallengeStatus.ACCEPTED,
            entry=entry,
            requested_at_us=asked_at_us,
            round=1,
            clock_ms=100_000,
            decided_at_us=feed.now_us - 10_000,
            ended_at_us=feed.now_us,
            end="closed",
        ),
    )


def test_the_answers_of_a_review() -> None:
    """Won, lost, rejected (which ends it), and taken back before any answer."""
    feed = paused()
    answers = {
        "ch2;1;1;": [(1, ChallengeStatus.WON, None), (1, ChallengeStatus.WON, "closed")],
        "ch2;1;0;": [(2, ChallengeStatus.LOST, None), (2, ChallengeStatus.LOST, "closed")],
        "ch2;0;": [(3, ChallengeStatus.REJECTED, "rejected")],
        "": [(4, ChallengeStatus.CANCELLED, "closed")],
    }
    for answer, expected in answers.items():
        feed.wait(20)
        feed.send("ch2;")
        assert told(feed, *([answer] if answer else []), "ch2;-1;") == expected
        assert feed.state.stage is Stage.PAUSED


def test_said_twice_is_told_once() -> None:
    """Each message of a review, again."""
    feed = paused()
    feed.send("ch1;")
    assert told(feed, "ch1;") == []
    feed.wait(3)
    feed.send("ch1;1;")
    assert told(feed, "ch1;1;") == []
    feed.send("ch1;1;1;")
    assert told(feed, "ch1;1;1;", "ch1;1;") == []
    feed.send("ch1;-1;")
    assert told(feed, "ch1;-1;", "ch1;1;1;") == []
    assert len(feed.state.challenges) == 1


def test_an_outcome_that_comes_late_is_still_its_own() -> None:
    """Within 10 s of the close; after that it is of a review whose request was lost."""
    feed = paused()
    feed.send("ch1;", "ch1;1;", "ch1;-1;")
    feed.wait(9)
    assert told(feed, "ch1;1;1;") == [(1, ChallengeStatus.WON, "closed")]
    feed.wait(9)
    assert told(feed, "ch1;1;0;") == [(2, ChallengeStatus.LOST, None)]


def test_an_answer_that_its_close_overtook_counts() -> None:
    """`-1` 12 ms after the answer may arrive before it."""
    feed = paused()
    feed.send("ch1;")
    assert told(feed, "ch1;-1;", "ch1;1;") == [
        (1, ChallengeStatus.CANCELLED, "closed"),
        (1, ChallengeStatus.ACCEPTED, "closed"),
    ]


def test_what_comes_next_ends_a_review() -> None:
    """The athlete's next review, the clock, the result."""
    feed = paused()
    feed.send("ch1;", "ch1;1;")
    feed.wait(5)
    assert told(feed, "ch1;") == [
        (1, ChallengeStatus.ACCEPTED, "next_challenge"),
        (2, ChallengeStatus.REQUESTED, None),
    ]
    assert told(feed, "clk;01:40;start;") == [(2, ChallengeStatus.REQUESTED, "match_went_on")]
    feed.wait(5)
    feed.send("clk;01:35;stop;", "ch0;")
    assert feed.state.challenges[-1].athlete == 0
    feed.send("win;RED")
    assert feed.state.challenges[-1].end == "match_ended"


def test_both_coaches_may_ask() -> None:
    """Each review has its own answer and its own end; the stage is one of a review until both are over."""
    feed = paused()
    assert told(feed, "ch1;", "ch2;") == [(1, ChallengeStatus.REQUESTED, None), (2, ChallengeStatus.REQUESTED, None)]
    feed.wait(3)
    assert told(feed, "ch1;1;1;") == [(1, ChallengeStatus.WON, None)]
    assert told(feed, "ch1;-1;") == [(1, ChallengeStatus.WON, "closed")]
    stages = [feed.state.stage]
    assert told(feed, "ch2;0;") == [(2, ChallengeStatus.REJECTED, "rejected")]
    assert [*stages, feed.state.stage] == [Stage.REVIEW, Stage.PAUSED]
    assert [(one.athlete, one.status) for one in feed.state.challenges] == [
        (1, ChallengeStatus.WON),
        (2, ChallengeStatus.REJECTED),
    ]


def test_the_earlier_review_goes_on_after_the_later_one() -> None:
    """Whichever is over first."""
    feed = paused()
    feed.send("ch1;", "ch2;")
    feed.wait(3)
    assert told(feed, "ch2;1;", "ch2;-1;")[-1] == (2, ChallengeStatus.ACCEPTED, "closed")
    stages = [feed.state.stage]
    assert told(feed, "ch1;-1;") == [(1, ChallengeStatus.CANCELLED, "closed")]
    assert [*stages, feed.state.stage] == [Stage.REVIEW, Stage.PAUSED]


def test_the_clock_ends_the_reviews_of_both() -> None:
    """Neither was closed."""
    feed = paused()
    feed.send("ch1;", "ch2;")
    assert told(feed, "clk;01:40;start;") == [
        (1, ChallengeStatus.REQUESTED, "match_went_on"),
        (2, ChallengeStatus.REQUESTED, "match_went_on"),
    ]
    assert feed.state.stage is Stage.RUNNING


def test_garbage_does_not_fill_the_state() -> None:
    """After 64 reviews and as many injuries, more are not kept."""
    feed = paused()
    for at in range(200):
        feed.wait(1.1)
        feed.send(f"ch{at % 2 + 1};\r\nch{at % 2 + 1};-1;\r\nij{at % 2 + 1};00:30;show;")
    assert (len(feed.state.challenges), len(feed.state.injuries)) == (64, 64)


def test_an_answer_without_a_request_is_a_review() -> None:
    """Its request was lost; a close of nothing is nothing."""
    feed = paused()
    assert told(feed, "ch2;-1;") == []
    assert told(feed, "ch2;1;") == [(1, ChallengeStatus.ACCEPTED, None)]
    assert told(feed, "ch1;0;")[-1] == (2, ChallengeStatus.REJECTED, "rejected")
    assert told(feed, "ch1;x;", "ch1;;1;") == []
