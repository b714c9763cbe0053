"""What waits to be told: gathered, tried again with growing pauses, given up in the end, and bounded."""

from services.cpu_monitor.alerting.delivery.notice import Notice
from services.cpu_monitor.alerting.delivery.queue import (
    FIRST_PAUSE_S,
    LATE_S,
    LONGEST_PAUSE_S,
    MOST_AT_ONCE,
    NEW_PAUSE_S,
    Queue,
)
from shared.messages.alerts import AlertChanged, AlertSeverity, AlertState, Channel


def _notice(number: int, about: AlertState = AlertState.RAISED) -> Notice:
    alert = AlertChanged(
        alert_id=f"a{number}",
        rule="r",
        subject="s",
        severity=AlertSeverity.WARNING,
        state=about,
        message="m",
        raised_at_us=1,
    )
    return Notice(delivery_id=f"a{number}-{about}", channel=Channel.MAIL, about=about, alert=alert, queued_at_us=1)


def test_what_comes_within_seconds_is_told_together() -> None:
    """The oldest waits for others, no longer; while a try is under way the next waits."""
    queue = Queue()
    queue.add(_notice(1), now_s=0)
    assert queue.next(gather_s=3, now_s=2) == []
    queue.add(_notice(2), now_s=2)
    assert [one.delivery_id for one in queue.next(gather_s=3, now_s=3)] == ["a1-raised", "a2-raised"]
    queue.add(_notice(3), now_s=3)
    assert queue.next(gather_s=3, now_s=60) == []
    done = queue.done(queue.turn, None, now_us=7, now_s=61)
    assert [(one.alert_id, one.attempts, one.delivered_at_us, one.error) for one in done] == [
        ("a1", 1, 7, None),
        ("a2", 1, 7, None),
    ]
    assert [one.delivery_id for one in queue.next(gather_s=3, now_s=61)] == ["a3-raised"]


def test_pauses_grow_and_something_new_is_tried_sooner() -> None:
    """5 s, 10 s, 20 s, to a quarter of an hour; what is new need not wait for that."""
    queue, now_s, pauses = Queue(), 0.0, []
    queue.add(_notice(1), now_s=0)
    assert queue.next(gather_s=0, now_s=now_s)
    for _ in range(10):
        queue.done(queue.turn, "refused", now_us=1, now_s=now_s)
        begun_s = now_s
        while not queue.next(gather_s=0, now_s=now_s):
            now_s += 1
        pauses.append(now_s - begun_s)
    assert pauses[0] == FIRST_PAUSE_S
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_S
    queue.done(queue.turn, "refused", now_us=1, now_s=now_s)
    queue.add(_notice(2), now_s=now_s)
    assert not queue.next(gather_s=0, now_s=now_s + NEW_PAUSE_S - 1)
    assert len(queue.next(gather_s=0, now_s=now_s + NEW_PAUSE_S)) == 2


def test_given_up_with_the_last_reason() -> None:
    """After its time, counted from when it was raised, also before a restart."""
    queue = Queue()
    queue.add(_notice(1), now_s=100, age_s=50)
    queue.next(gather_s=0, now_s=100)
    queue.done(queue.turn, "no such host", now_us=1, now_s=100)
    assert queue.expire(60, now_s=109) == []
    (over,) = queue.expire(60, now_s=110)
    assert (over.attempts, over.delivered_at_us, over.error) == (1, None, "Given up: no such host")
    assert len(queue) == 0


def test_a_bounded_queue() -> None:
    """The oldest is given up for a new one; a mail has at most so many."""
    queue = Queue(most=100)
    given_up = [one.alert_id for number in range(103) for one in queue.add(_notice(number), now_s=0)]
    assert given_up == ["a0", "a1", "a2"]
    assert len(queue) == 100
    assert len(queue.next(gather_s=0, now_s=0)) == MOST_AT_ONCE


def test_a_try_that_hangs_is_given_up() -> None:
    """What its thread says later is not heard any more."""
    queue = Queue()
    queue.add(_notice(1), now_s=0)
    queue.next(gather_s=0, now_s=0)
    hung = queue.turn
    assert not queue.late(now_s=LATE_S - 1)
    assert queue.late(now_s=LATE_S)
    queue.done(hung, "late", now_us=1, now_s=LATE_S)
    assert queue.next(gather_s=0, now_s=LATE_S + FIRST_PAUSE_S)
    assert queue.done(hung, None, now_us=1, now_s=LATE_S + 6) == []
    assert len(queue.done(queue.turn, None, now_us=1, now_s=LATE_S + 6)) == 1


def test_withdrawn() -> None:
    """That an alert was raised is not told after somebody took note of it; that it is over is."""
    queue = Queue()
    for one in (_notice(1), _notice(2), _notice(1, AlertState.CLEARED)):
        queue.add(one, now_s=0)
    (gone,) = queue.withdraw("noted", alert_id="a1")
    assert (gone.alert_id, gone.about, gone.error) == ("a1", AlertState.RAISED, "noted")
    assert len(queue.withdraw("switched off")) == 2


def test_withdrawn_while_it_is_tried() -> None:
    """A try that fails after somebody took note of it is the last one; one that succeeds was told."""
    queue = Queue()
    for fails in (True, False):
        queue.add(_notice(1), now_s=0)
        assert queue.next(gather_s=0, now_s=0)
        assert queue.withdraw("noted", alert_id="a1") == []
        (done,) = queue.done(queue.turn, "refused" if fails else None, now_us=7, now_s=0)
        assert (done.delivered_at_us, done.error) == ((None, "noted") if fails else (7, None))
        assert len(queue) == 0
        queue = Queue()
