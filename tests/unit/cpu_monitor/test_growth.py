"""What grew lately; nobody has to ask for it to be forgotten."""

from services.cpu_monitor.growth import Growth, Trail

WITHIN_S = 60.0


def _grown(growth: Growth, value: float, *, now_s: float, life: str | None = None) -> float:
    growth.count("a", value, now_s=now_s, life=life)
    return sum(growth.recent("a", now_s=now_s))


def test_only_what_grew_lately_counts() -> None:
    """What was there at first sight is not growth; what grew is forgotten when its time has passed."""
    growth = Growth(WITHIN_S)
    found = [_grown(growth, value, now_s=now_s) for value, now_s in ((7, 0), (9, 10), (12, 50), (12, 75), (12, 111))]
    assert found == [0, 2, 5, 3, 0]
    assert growth.recent("never counted", now_s=0) == []


def test_a_count_that_begins_anew() -> None:
    """A process that was started again counts from nothing: all of it is new."""
    growth = Growth(WITHIN_S)
    assert [_grown(growth, value, now_s=0) for value in (100, 3, 0, 2)] == [0, 3, 3, 5]


def test_a_life_tells_more_than_a_fall() -> None:
    """All that a new life counted is new, though it is more than before; in one life a lower count was told late."""
    growth = Growth(WITHIN_S)
    told = (("a", 100), ("b", 103), ("b", 101), ("b", 104), ("c", 0), ("c", 1))
    assert [_grown(growth, value, now_s=0, life=life) for life, value in told] == [0, 103, 103, 104, 104, 105]


def test_a_month_of_faults_takes_no_more_than_a_minute_of_them() -> None:
    """Marked or counted each second, asked for by nobody; names that are gone take nothing."""
    growth = Growth(WITHIN_S)
    for second in range(2_000):
        growth.mark("marked", 1, now_s=second)
        growth.mark("never", 0, now_s=second)
        growth.count("counted", second, life="a", now_s=second)
    assert [len(trail.grown) for trail in growth._trails.values()] == [int(WITHIN_S) + 1, 0, int(WITHIN_S) + 1]
    assert sum(growth.recent("marked", now_s=2_030)) == 30
    growth.keep(["counted"])
    assert list(growth._trails) == ["counted"]
    assert Trail().grown is not Trail().grown
