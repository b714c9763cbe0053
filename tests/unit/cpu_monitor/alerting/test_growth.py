"""What grew lately, and how long something has waited."""

from services.cpu_monitor.alerting.growth import Delay, Growth


def test_only_what_grew_in_the_window_counts() -> None:
    """What was there at first sight is not growth; what grew is forgotten when the window has passed."""
    growth = Growth(60)
    assert growth.add("a", 7, now_s=0) == 0
    assert growth.add("a", 9, now_s=10) == 2
    assert growth.add("a", 12, now_s=50) == 5
    assert growth.add("a", 12, now_s=75) == 3
    assert growth.add("a", 12, now_s=111) == 0


def test_a_count_that_begins_anew() -> None:
    """A process that was started again counts from nothing: all of it is new."""
    growth = Growth(60)
    growth.add("a", 100, now_s=0)
    assert growth.add("a", 3, now_s=1) == 3


def test_delay_is_that_of_the_oldest() -> None:
    """It counts from when the first number behind was told, and ends when all is done."""
    delay = Delay()
    assert delay.add("r", 10, 10, now_s=0) == 0
    assert delay.add("r", 20, 10, now_s=1) == 0
    assert delay.add("r", 30, 10, now_s=5) == 4
    assert delay.add("r", 30, 20, now_s=6) == 1
    assert delay.add("r", 30, 30, now_s=7) == 0


def test_nothing_grows_for_ever() -> None:
    """More than an hour behind, one number a second, and names that are gone take no memory."""
    delay, growth = Delay(), Growth(60)
    for second in range(5_000):
        delay.add("r", second + 1, 0, now_s=second)
        growth.add("r", second, now_s=second)
    assert delay.add("r", 6_000, 0, now_s=5_000) == 5_000
    assert len(delay._waiting["r"]) <= 600
    assert len(growth._moments["r"]) <= 62
    growth.keep([])
    assert not growth._moments
