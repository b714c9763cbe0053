"""The clock's trail: honest clocks never are taken for set back, dishonest ones always are."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.license.clock_trail import BELIEVED_AFTER_US, HOUR_US, MISTAKES, TOLERANCE_US, ClockTrail
from services.license.record import Record
from tests.support.licensing.vendor import ISSUED_AT

DAY: Final = 24.0
START_US: Final = ISSUED_AT * 1_000_000
LOOKS_EVERY: Final = 3.0
"""Hours; the service looks each minute, which takes tests longer and changes nothing."""


class Machine:
    """A machine whose clock is wrong by `wrong` hours; `trail` is what the service makes of it."""

    def __init__(self, *, wrong: float = 0) -> None:
        self.true = 0.0
        self.wrong = wrong
        self.trail = Record.first(self.now_us, made_us=0).trail
        self.set_back = 0

    @property
    def now_us(self) -> int:
        return START_US + round((self.true + self.wrong) * HOUR_US)

    def seen(self, ran: float) -> bool:
        """Whether it is taken for set back."""
        self.trail = self.trail.seen(self.now_us, ran_us=round(ran * HOUR_US))
        found = self.trail.is_set_back(self.now_us)
        self.set_back += found
        return found

    def run(self, hours: float) -> bool:
        """It runs for so long; whether it was taken for set back at the end."""
        found = self.seen(0)
        while hours > 0:
            step = min(hours, LOOKS_EVERY)
            self.true += step
            found = self.seen(step)
            hours -= step
        return found

    def sleep(self, hours: float) -> bool:
        """It is suspended; the clock that counts this goes on."""
        self.true += hours
        return self.seen(hours)

    def off(self, hours: float) -> bool:
        self.true += hours
        return self.seen(0)

    def set(self, wrong: float) -> bool:
        """The clock is set; wrong by so many hours then."""
        self.wrong = wrong
        return self.seen(0)


def settled() -> Machine:
    """One that has run for a week."""
    machine = Machine()
    machine.run(7 * DAY)
    assert machine.trail == ClockTrail(latest_us=machine.now_us)
    return machine


HOURS = st.floats(0, 60)
LIFE = st.lists(
    st.one_of(
        st.tuples(st.just("run"), HOURS),
        st.tuples(st.just("off"), st.floats(0, 3000)),
        st.tuples(st.just("sleep"), st.floats(0, 300)),
        st.tuples(st.just("set"), st.floats(-13, 13)),
    ),
    max_size=12,
)


def live(machine: Machine, life: list[tuple[str, float]]) -> None:
    for what, hours in life:
        getattr(machine, what)(hours)


# Honest clocks


@pytest.mark.slow
@given(LIFE)
def test_an_honest_clock_is_never_taken_for_set_back(life: list[tuple[str, float]]) -> None:
    """Whatever it runs, is off and suspended, and with whatever time zone somebody sets it."""
    machine = Machine()
    live(machine, life)
    assert machine.set_back == 0


@pytest.mark.slow
@given(LIFE, st.floats(54, 800_000), st.lists(st.floats(0, 20), max_size=4), st.sampled_from(("off", "on")), LIFE)
def test_nor_is_one_that_was_ahead_once(
    before: list[tuple[str, float]], leap: float, runs: list[float], at: str, after: list[tuple[str, float]]
) -> None:
    """An empty battery: it leaps ahead by days or by decades, while it runs or when it is switched on; it is set right
    before it ran for 48 hours like that; before and afterwards life goes on.
    """
    machine = Machine()
    live(machine, before)
    if at == "off":
        machine.off(1)
    machine.set(leap)
    left = BELIEVED_AFTER_US / HOUR_US - 1
    for hours in runs:
        machine.run(min(hours, left))
        left = max(0, left - hours)
        if at == "off":
            machine.off(5)
    machine.set(0)
    live(machine, after)
    assert machine.set_back == 0


@pytest.mark.parametrize("leap", [25, 26.1, 30, 36, 47.9, 48.1, 60, 80])
def test_a_day_or_two_ahead_is_a_leap_already(leap: float) -> None:
    """Nothing lies between what is tolerated and what is doubted."""
    machine = settled()
    machine.set(leap)
    machine.run(20)
    assert not machine.set(0)
    assert not machine.run(100)


@pytest.mark.parametrize("wrong", [1_000 * DAY, 26 * 365 * DAY, -26 * 365 * DAY])
def test_a_first_start_with_a_wrong_clock(wrong: float) -> None:
    """Nothing proves that the very first time was right."""
    machine = Machine(wrong=wrong)
    machine.run(10)
    assert not machine.set(0)
    assert not machine.run(200)
    assert machine.trail.latest_us == machine.now_us


def test_a_leap_that_is_put_right_leaves_no_harm() -> None:
    """The trail goes on from the right time; rows that the database got meanwhile are known for what they are."""
    machine = settled()
    machine.set(300 * DAY)
    machine.run(10)
    rows = machine.now_us
    assert not machine.set(0)
    assert len(machine.trail.mistakes) == 1
    machine.trail = machine.trail.witnessed(rows)
    assert not machine.run(5)
    assert machine.trail.latest_us == machine.now_us


# Clocks that were set back


@pytest.mark.slow
@given(LIFE, st.floats(26.1, 800_000), st.floats(0, 100))
def test_a_clock_that_is_set_back_is_noticed(life: list[tuple[str, float]], back: float, more: float) -> None:
    """By more than 26 hours before a time that it ran at for two days, at once, also over a restart, and it is
    noticed until it has come up to there again.
    """
    machine = Machine()
    live(machine, life)
    machine.set(0)
    machine.run(2 * BELIEVED_AFTER_US / HOUR_US + 1)
    assert machine.set(-back)
    assert machine.off(0)
    assert machine.run(min(more, back - 26.05)) or back - 26.05 < more
    machine.run(0)
    missing = back - 26 - min(more, back - 26.05)
    if missing < 3000:
        # What the clock was ahead by counts as time that passed, and it has to come up to an hour more.
        assert not machine.off(missing + 26 + 1.01)


@pytest.mark.slow
@given(st.lists(st.tuples(st.floats(0, 3), st.floats(-5_000, 5_000)), max_size=60))
def test_what_was_credible_stays(steps: list[tuple[float, float]]) -> None:
    """However somebody sets the clock: what it must not stand before never sinks."""
    machine = settled()
    for hours, wrong in steps:
        before = machine.trail.floor_us()
        machine.wrong = wrong
        machine.true += hours
        machine.seen(hours)
        assert machine.trail.floor_us() >= before


def test_a_leap_that_lasts_is_believed() -> None:
    """After two days of running it is no mistake any more; going back from there is noticed."""
    machine = settled()
    machine.set(30 * DAY)
    machine.run(47)
    assert machine.trail.leapt_to_us is not None
    machine.run(3)
    assert machine.trail == ClockTrail(latest_us=machine.now_us)
    assert machine.set(0)


def test_the_time_that_it_ran_is_credible() -> None:
    """Whatever the clock is doubted for: it cannot be earlier than the last credible time and what it ran since."""
    machine = settled()
    last = machine.true
    machine.off(30 * DAY)
    machine.run(40)
    assert machine.trail.leapt_to_us is not None
    assert machine.set(last + 10 - machine.true)


def test_days_of_a_doubt_add_up() -> None:
    """A machine that is used ten hours a day is believed after five days, and doubts nothing for ever."""
    machine = settled()
    machine.off(30 * DAY)
    for _ in range(6):
        machine.run(10)
        machine.off(14)
    assert machine.trail.leapt_to_us is None


def test_mistakes_are_counted() -> None:
    """A battery is replaced after the second; who sets the clock back for the sixth time does it on purpose."""
    machine = settled()
    for number in range(MISTAKES + 1):
        machine.set(100 * DAY)
        machine.run(5)
        assert machine.set(0) == (number == MISTAKES)
    assert machine.run(100)


def test_the_vendor_knows_what_time_it_is() -> None:
    """What he told heals: a clock that was believed while it was wrong, and mistakes; rows of then are known."""
    machine = settled()
    machine.set(100 * DAY)
    machine.run(60)
    rows = machine.now_us
    assert machine.set(0)
    machine.trail = machine.trail.told(machine.now_us)
    assert not machine.run(1)
    machine.trail = machine.trail.witnessed(rows)
    assert not machine.run(1)
    assert machine.trail.mistakes == (machine.trail.mistakes[0],)
    machine.trail = machine.trail.told(machine.now_us).witnessed(rows)
    assert not machine.run(1), "he is asked each day, and the rows are there still"
    assert machine.trail.latest_us == machine.now_us


@pytest.mark.parametrize("by", [1, 20, 25.9])
def test_a_clock_that_is_set_back_each_day_falls_behind(by: float) -> None:
    """No single step is noticed, but while it is not taken for set back, time goes on as the machine runs."""
    machine = settled()
    began_us, usable = machine.trail.latest_us, 0
    for _ in range(60):
        machine.set(machine.wrong - by)
        usable += sum(not machine.run(1) for _ in range(24))
    assert usable * HOUR_US <= machine.trail.latest_us - began_us + 62 * HOUR_US
    assert machine.set_back > 0


def test_a_clock_at_the_border_is_not_judged_otherwise_each_minute() -> None:
    """It is right again once, and stays so, however its minutes differ from those that the machine ran."""
    machine = settled()
    machine.set(-30)
    found = []
    for minute in range(600):
        machine.true += 1 / 60
        machine.trail = machine.trail.seen(machine.now_us - minute % 7 * 1_000, ran_us=60_000_000)
        found.append(machine.trail.is_set_back(machine.now_us))
    assert found.index(False) in range(4 * 60, 6 * 60)
    assert not any(found[found.index(False) :])


def test_the_vendor_says_that_it_is_later() -> None:
    """A clock that was behind all the time is noticed then."""
    machine = Machine(wrong=-400 * DAY)
    assert not machine.run(100)
    machine.trail = machine.trail.told(START_US + round(machine.true * HOUR_US))
    assert machine.run(1)
    assert not machine.set(0)


# Witnesses: what the database holds


def test_a_record_that_was_put_back_is_noticed_by_the_database() -> None:
    """An old copy of the record, and the clock at its time; or a few days later, which looks like days of being off."""
    machine = settled()
    old = machine.trail
    machine.run(30 * DAY)
    newest = machine.now_us
    for days_later in (0, 1, 3, 10, 25):
        machine.trail = old
        machine.wrong = -30 * DAY + days_later * DAY
        machine.seen(0)
        machine.trail = machine.trail.witnessed(newest)
        assert machine.run(1), days_later
    assert not machine.set(0)


def test_rows_of_now_are_no_news() -> None:
    machine = settled()
    machine.trail = machine.trail.witnessed(machine.now_us - HOUR_US)
    assert machine.trail == ClockTrail(latest_us=machine.now_us)
    machine.off(20 * DAY)
    doubted = machine.trail
    assert doubted.leapt_to_us is not None
    assert doubted.witnessed(machine.now_us + HOUR_US) == doubted
    assert doubted.floor_us() == doubted.latest_us - TOLERANCE_US
