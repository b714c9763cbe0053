"""When a replay's datagrams are due, on a clock that the test turns."""

import math

import pytest

from services.cli.pacing import MAX, Pacer, Window, parse_speed


class Clock:
    """A clock that waits by moving on; `late_s` is what each wait takes longer."""

    def __init__(self, late_s: float = 0.0) -> None:
        self.now_s = 100.0
        self.waited: list[float] = []
        self._late_s = late_s

    def now(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now_s += seconds + self._late_s


def _sent_at(times: list[float], *, speed: float, clock: Clock) -> list[float]:
    pacer = Pacer(speed, now_s=clock.now, wait_s=clock.wait)
    sent = []
    for at_s in times:
        pacer.wait_until_due(at_s)
        sent.append(round(clock.now_s - 100.0, 6))
    return sent


@pytest.mark.parametrize(("speed", "expected"), [(1.0, [0, 0.5, 2.0]), (2.0, [0, 0.25, 1.0]), (0.5, [0, 1.0, 4.0])])
def test_recorded_times_are_divided_by_the_speed(speed: float, expected: list[float]) -> None:
    assert _sent_at([0.0, 0.5, 2.0], speed=speed, clock=Clock()) == expected


def test_being_late_does_not_add_up() -> None:
    """Each wait takes 3 ms too long; the hundredth datagram is no later than the first."""
    sent = _sent_at([n * 0.1 for n in range(101)], speed=1.0, clock=Clock(late_s=0.003))
    assert max(at - n * 0.1 for n, at in enumerate(sent)) < 0.0031
    assert sent[-1] == pytest.approx(10.003)


def test_what_is_overdue_goes_at_once() -> None:
    """After a stall, the datagrams that were due meanwhile follow without a pause, and then the pace is right again."""
    clock = Clock()
    pacer = Pacer(1.0, now_s=clock.now, wait_s=clock.wait)
    pacer.wait_until_due(0.0)
    clock.now_s += 5.0
    for at_s in (1.0, 2.0, 3.0):
        pacer.wait_until_due(at_s)
    assert clock.waited == []
    pacer.wait_until_due(6.0)
    assert clock.waited == [pytest.approx(1.0)]


def test_time_that_goes_back_in_the_file_waits_for_nothing() -> None:
    assert _sent_at([0.0, 2.0, 1.0, 2.5], speed=1.0, clock=Clock()) == [0, 2.0, 2.0, 2.5]


def test_max_never_waits() -> None:
    clock = Clock()
    _sent_at([0.0, 100.0, 10_000.0], speed=MAX, clock=clock)
    assert clock.waited == []


def test_speeds() -> None:
    assert [parse_speed(text) for text in ("1", "20", "0.5", "max")] == [1.0, 20.0, 0.5, math.inf]


@pytest.mark.parametrize("text", ["0", "-1", "fast", "", "nan", "inf"])
def test_no_speeds(text: str) -> None:
    with pytest.raises(ValueError, match="neither max nor a number above 0"):
        parse_speed(text)


def test_the_window_fills_by_number_by_bytes_and_by_time() -> None:
    """200 small datagrams, or what the receive buffer holds, or a second: then it is time to ask."""
    clock = Clock()
    window = Window(buffer_bytes=1_000_000, look_every_s=1.0, now_s=clock.now)
    for _ in range(199):
        window.add(b"clk;01:23;")
    assert not window.is_full
    window.add(b"clk;01:22;")
    assert window.is_full
    window.clear()
    for _ in range(7):
        window.add(bytes(65_507))
    assert not window.is_full
    window.add(bytes(65_507))
    assert window.is_full
    window.clear()
    clock.now_s += 1.0
    assert window.is_full
