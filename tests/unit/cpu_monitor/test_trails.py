"""What grew: nobody has to ask for it to be forgotten."""

from services.cpu_monitor.trails import WITHIN_S, Trail, Trails
from shared.messages.health import Subject

KEY = (Subject.NETWORK, "eth0", "errors")


def test_a_month_of_faults_takes_no_more_than_a_minute_of_them() -> None:
    """Marked or counted each second, asked for by nobody."""
    trails = Trails()
    for second in range(2_000):
        trails.mark(KEY, 1, now_s=second)
        trails.count((*KEY[:2], "frames"), second, life="a", now_s=second)
    assert {len(trail.grown) for trail in trails._trails.values()} == {int(WITHIN_S) + 1}
    assert sum(trails.recent(KEY, now_s=2_030)) == 30
    assert Trail().grown is not Trail().grown
