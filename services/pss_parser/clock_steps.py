"""Whether the round's clock goes on as time does: ticks that are missing, jumps, starts and stops unheard; pss-parser.

A running clock goes down by one second a second. What is left of a round is shown rounded down, so that the first tick
comes up to a second early; half a network second is forgiven, and two where the whole step is judged.
"""

from typing import Final

from services.pss_parser import loads, rounds_seen
from services.pss_parser.sight import DETOUR_US, RISE_US, UNKNOWN_MS, Heard, Step, Waiting
from services.pss_parser.state import RingState
from services.pss_parser.telling import information, is_repeated, late, warning
from shared.messages.pss import ClockAction, ClockTicked

TICK_MS: Final = 1000
APART_MS: Final = 2000
"""How far clock and time may be apart: rounding and one tick that was held up."""
_LATE_US: Final = 3_000_000
_SLOWEST_TICK_US: Final = (TICK_MS + APART_MS) * 1000
STANDS, STARTED, TICKS = 0, 1, 2


def clock_ticked(state: RingState, reading: ClockTicked) -> None:
    """`clk`."""
    said, memory = reading.clock_ms, state.memory
    last = memory.round_clock
    if (
        last.pace == TICKS
        and said == last.shown_ms - TICK_MS
        and reading.action is None
        and state.now_us - last.at_us < _SLOWEST_TICK_US
    ):
        # The normal case, once a second in each ring.
        memory.round_clock = Step(said, state.now_us, TICKS)
        return
    if said is None or is_repeated(state):
        return
    _look(state, reading.action, said)


def _look(state: RingState, action: ClockAction | None, said: int) -> None:
    rounds_seen.match_loaded(state)
    last = state.memory.round_clock
    if action is None and loads.takes(state, "clk"):
        _show(state, said, STANDS)
    elif action is ClockAction.CORRECTED:
        _show(state, said, last.pace)
    elif action is ClockAction.START:
        _started(state, last, said)
    elif action is ClockAction.STOP:
        _stopped(state, last, said)
    elif action is ClockAction.STOP_END:
        _stopped_for_good(state, last)
    elif last.pace:
        _ticked(state, last, said)
    else:
        _ticked_though_standing(state, last, said)


def _show(state: RingState, said: int, pace: int) -> None:
    if pace:
        rounds_seen.clock_runs(state)
    state.memory.round_clock = Step(said, state.now_us, pace)


def _started(state: RingState, last: Step, said: int) -> None:
    past = state.memory.sight.past
    if past.started is not None:
        # Its first tick overtook it.
        state.memory.sight = state.memory.sight.after(started=None)
        late(state, "clk start", "clk")
        return
    if last.pace:
        _unheard_stop(state, last, said)
    if last.shown_ms != UNKNOWN_MS and said > last.shown_ms:
        _rose(state, last, said)
    elif last.shown_ms != UNKNOWN_MS and said < last.shown_ms and not last.pace:
        _jumped(state, last, said)
    rounds_seen.round_starts(state)
    _show(state, said, STARTED)


def _unheard_stop(state: RingState, last: Step, said: int) -> None:
    information(
        state,
        "stop_unseen",
        f"The clock was started at {_time(said)} though it ran: its stop was not heard.",
        clock="round",
        clock_ms=said,
        last_ms=last.shown_ms,
        entry=state.entry,
    )


def _stopped(state: RingState, last: Step, said: int) -> None:
    sight = state.memory.sight
    closing = sight.past.closing
    if last.pace:
        _stepped(state, last, said, is_stop=True)
        if said == 0:
            _expect(state, "stop")
    elif closing is not None and said == 0:
        state.memory.sight = sight.after(closing=None)
    elif UNKNOWN_MS != last.shown_ms > said and not sight.past.is_closed:
        _unheard_start(state, said, entry=state.entry)
    elif last.shown_ms != UNKNOWN_MS and said > last.shown_ms and not sight.past.is_closed:
        _rose(state, last, said)
    _show(state, said, STANDS)


def _stopped_for_good(state: RingState, last: Step) -> None:
    past = state.memory.sight.past
    if past.closing is not None and "stopEnd" not in past.closing.streams:
        state.memory.sight = state.memory.sight.after(closing=None)
        late(state, "clk stopEnd", "clk stop")
    elif last.pace:
        passed_ms = (state.now_us - last.at_us) // 1000
        if abs(passed_ms - last.shown_ms - TICK_MS) <= APART_MS:
            _lost(state, last.shown_ms // TICK_MS, last, said=0)
            _expect(state, "stopEnd")
        else:
            information(
                state,
                "stop_unseen",
                f"The round's clock was closed while it ran at {_time(last.shown_ms)}: its stop was not heard.",
                clock="round",
                last_ms=last.shown_ms,
                entry=state.entry,
            )
    _show(state, 0, STANDS)
    state.memory.sight = state.memory.sight.after(is_closed=True, started=None, risen=None)


def _expect(state: RingState, heard: str) -> None:
    """The end by time is said twice."""
    closing = Heard(state.now_us, state.entry, (heard,), state.now_us)
    state.memory.sight = state.memory.sight.after(closing=closing)


def _ticked(state: RingState, last: Step, said: int) -> None:
    risen = state.memory.sight.past.risen
    if risen is not None and said == risen.shown_ms - TICK_MS:
        state.memory.sight = state.memory.sight.after(risen=None)
        _rose(state, last, risen.shown_ms)
    elif said == last.shown_ms:
        if last.pace == TICKS:
            _same_again(state, last)
    elif said > last.shown_ms:
        if said - last.shown_ms <= _LATE_US // 1000 and state.now_us - last.at_us <= _LATE_US:
            # The clock may go on from where it was: then this tick was only late.
            state.memory.sight = state.memory.sight.after(risen=Waiting(state.now_us, state.entry, said))
            return
        _rose(state, last, said)
    else:
        _stepped(state, last, said)
    _show(state, said, TICKS)


def _same_again(state: RingState, last: Step) -> None:
    information(
        state,
        "duplicate_datagram",
        f"The running clock showed {_time(last.shown_ms)} twice.",
        clock_ms=last.shown_ms,
        apart_us=state.now_us - last.at_us,
        entry=state.entry,
    )


def _stepped(state: RingState, last: Step, said: int, *, is_stop: bool = False) -> None:
    """From `last` to `said` while it ran; a stop shows what the last tick showed."""
    step_ms = last.shown_ms - said
    passed_ms = (state.now_us - last.at_us) // 1000
    if step_ms < 0:
        _rose(state, last, said)
    elif passed_ms > step_ms + APART_MS:
        information(
            state,
            "clock_stood",
            f"The clock took {passed_ms / 1000:.0f} s from {_time(last.shown_ms)} to {_time(said)}: "
            "it was stopped, and its stop and start were not heard.",
            last_ms=last.shown_ms,
            clock_ms=said,
            passed_ms=passed_ms,
            entry=state.entry,
        )
    elif passed_ms < step_ms - APART_MS:
        _jumped(state, last, said)
    else:
        _lost(state, step_ms // TICK_MS - (0 if is_stop else 1), last, said=said)


def _lost(state: RingState, count: int, last: Step, *, said: int) -> None:
    if count > 0:
        ticks_missing(state, "round", count, last_ms=last.shown_ms, said_ms=said)


def ticks_missing(state: RingState, clock: str, count: int, *, last_ms: int, said_ms: int) -> None:
    """`count` ticks of a clock were lost on the way."""
    is_one = count == 1
    information(
        state,
        "ticks_missing",
        f"{count} tick{'' if is_one else 's'} of the {clock} clock {'was' if is_one else 'were'} lost between "
        f"{_time(last_ms)} and {_time(said_ms)}.",
        clock=clock,
        count=count,
        last_ms=last_ms,
        clock_ms=said_ms,
        entry=state.entry,
    )


def _ticked_though_standing(state: RingState, last: Step, said: int) -> None:
    past = state.memory.sight.past
    bout = state.bout
    if last.shown_ms == UNKNOWN_MS:
        runs = bout.clock_running if bout.round_ms is None else said < bout.round_ms
        if runs and not past.is_closed:
            _waits_for_start(state, said)
        _show(state, said, TICKS if runs else STANDS)
    elif said < last.shown_ms:
        if last.shown_ms - said > APART_MS + (state.now_us - last.at_us) // 1000:
            _jumped(state, last, said)
        else:
            _waits_for_start(state, said)
        _show(state, said, TICKS)
    elif said > last.shown_ms:
        if said - last.shown_ms <= _LATE_US // 1000 and state.now_us - last.at_us <= DETOUR_US:
            late(state, "clk", "clk stop")
            return
        runs = _rose(state, last, said)
        _show(state, said, TICKS if runs else STANDS)


def _waits_for_start(state: RingState, said: int) -> None:
    if rounds_seen.joined(state):
        return
    state.memory.sight = state.memory.sight.after(started=Waiting(state.now_us, state.entry, said))


def pass_time(state: RingState) -> None:
    """Tell what the next messages did not explain."""
    past, now_us = state.memory.sight.past, state.now_us
    started, risen = past.started, past.risen
    if started is not None and now_us >= started.at_us + DETOUR_US:
        state.memory.sight = state.memory.sight.after(started=None)
        _unheard_start(state, started.shown_ms, entry=started.entry)
    if risen is not None and now_us >= risen.at_us + RISE_US:
        state.memory.sight = state.memory.sight.after(risen=None)
        late(state, "clk", "clk", clock_ms=risen.shown_ms)


def _unheard_start(state: RingState, said: int, *, entry: int) -> None:
    information(
        state,
        "start_unseen",
        f"The clock ran at {_time(said)} though its start was not heard.",
        clock="round",
        clock_ms=said,
        entry=entry,
    )


def _rose(state: RingState, last: Step, said: int) -> bool:
    """It went up: because another round runs, whose `rnd` was not heard (then True), or for no reason."""
    past = state.memory.sight.past
    full_ms = state.bout.round_ms
    is_over = past.is_closed or last.shown_ms == 0
    if is_over and full_ms is not None and said >= full_ms - TICK_MS:
        rounds_seen.round_not_announced(state, said)
        return True
    warning(
        state,
        "clock_rose",
        f"The clock rose from {_time(last.shown_ms)} to {_time(said)} without a correction.",
        clock="round",
        last_ms=last.shown_ms,
        clock_ms=said,
        entry=state.entry,
    )
    return False


def _jumped(state: RingState, last: Step, said: int) -> None:
    warning(
        state,
        "clock_jumped",
        f"The clock went from {_time(last.shown_ms)} to {_time(said)} without a correction, too fast.",
        clock="round",
        last_ms=last.shown_ms,
        clock_ms=said,
        passed_ms=(state.now_us - last.at_us) // 1000,
        entry=state.entry,
    )


def _time(clock_ms: int) -> str:
    minutes, seconds = divmod(clock_ms // TICK_MS, 60)
    return f"{minutes}:{seconds:02}"
