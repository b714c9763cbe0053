"""What grew lately."""

from services.cpu_monitor.alerting.growth import Growth


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


def test_nothing_grows_for_ever() -> None:
    """A count that grows each second, and names that are gone, take no memory."""
    growth = Growth(60)
    for second in range(5_000):
        growth.add("r", second, now_s=second)
    assert len(growth._moments["r"]) <= 62
    growth.keep([])
    assert not growth._moments
