"""Whether what belongs together arrives together and in order: the messages of a point, of a round's end; pss-parser.

A point or a gam-jeom is `[hl] [sup] sc s pt|wg`, the end of a round `wrd s rst rsr`, and by time its clock says
`stopEnd` and `stop`. A group that lacks something, or is out of order, is a finding.
"""

from typing import Any, Final

from services.pss_parser import loads
from services.pss_parser.sight import BURST_US, DETOUR_US, REPORT_US, Heard
from services.pss_parser.state import RingState
from services.pss_parser.telling import information, is_repeated, late
from shared.messages.match import RoundWon
from shared.messages.pss import GamJeomsShown, RoundScoresShown, ScoreShown, SuperiorityShown

_MOST_OPEN: Final = 8
_BURST: Final = ("sc", "s", "last")
_REPORT: Final = ("wrd", "s", "rst", "rsr")
_STRAY: Final = frozenset(("hl", "sup"))


def score_shown(state: RingState, reading: ScoreShown) -> None:
    """`sc`: the first that a point must have."""
    if not is_repeated(state) and not loads.takes(state, "sc"):
        if state.memory.sight.past.superiority_at_us:
            state.memory.sight = state.memory.sight.after(superiority_at_us=0)
        _add(state, "sc", is_part=None in (reading.chong, reading.hong))


def round_scores_shown(state: RingState, reading: RoundScoresShown) -> None:
    """`s`: of a point, or of a round's report."""
    if is_repeated(state) or loads.takes(state, "s"):
        return
    past = state.memory.sight.past
    is_part = None in (*reading.chong, *reading.hong) or min(len(reading.chong), len(reading.hong)) < 2
    report = past.report
    if report is not None and (is_part or "s" not in report.streams) and not any(map(_lacks_scores, past.bursts)):
        if "s" not in report.streams:
            _report(state, "s")
        return
    _add(state, "s", is_part=is_part)


def point_scored(state: RingState, _reading: Any) -> None:
    """`pt`: the last of a point."""
    if not is_repeated(state):
        _add(state, "last")


def gam_jeoms_shown(state: RingState, reading: GamJeomsShown) -> None:
    """`wg`: the last of a gam-jeom."""
    if is_repeated(state) or loads.takes(state, "wg"):
        return
    if None in (reading.chong, reading.hong) and not any("last" not in b.streams for b in _open(state)):
        return  # the second half of one that came in two
    _add(state, "last")


def _stray(state: RingState, stream: str) -> None:
    """`hl` or `sup`: late, if it comes after the score and before the point."""
    bursts = _open(state)
    if not bursts:
        return
    newest = bursts[-1]
    if "last" not in newest.streams and stream not in newest.streams:
        _replace(state, newest, newest.also(stream, now_us=state.now_us))


def hit_measured(state: RingState, _reading: Any) -> None:
    """`hl`: before all others of its point."""
    if is_repeated(state):
        return
    if state.now_us - state.memory.sight.past.superiority_at_us < DETOUR_US:
        late(state, "hl", "sup")
    else:
        _stray(state, "hl")


def superiority_shown(state: RingState, reading: SuperiorityShown) -> None:
    """`sup`: before the score that made it so, or before `rnd`; 0 comes before who is ahead."""
    if is_repeated(state) or loads.takes(state, "sup"):
        return
    past, now_us = state.memory.sight.past, state.now_us
    state.memory.sight = state.memory.sight.after(superiority_at_us=now_us)
    if now_us - past.round_at_us < DETOUR_US:
        late(state, "sup", "rnd")
    elif reading.athlete == 0 and now_us - past.superiority_at_us < DETOUR_US:
        late(state, "sup;0", "sup")
    else:
        _stray(state, "sup")


def winners_declared(state: RingState, _reading: Any) -> None:
    """`wrd`: a round's report begins. One without a new winner may be something else."""
    if not is_repeated(state) and not loads.takes(state, "wrd"):
        is_new = any(isinstance(event, RoundWon) for event in state.events)
        _report(state, "wrd", is_sure=is_new)


def statistics_reported(state: RingState, _reading: Any) -> None:
    """`rst`."""
    if not is_repeated(state):
        _report(state, "rst")


def statistics_finished(state: RingState, _reading: Any) -> None:
    """`rsr`."""
    if not is_repeated(state):
        _report(state, "rsr")


def break_began(state: RingState) -> None:
    """`brk`: whatever of the report comes now is late."""
    report = state.memory.sight.past.report
    if report is not None and "brk" not in report.streams:
        state.memory.sight = state.memory.sight.after(report=report.also("brk", now_us=state.now_us))


def pass_time(state: RingState) -> None:
    """Tell what did not come."""
    past, now_us = state.memory.sight.past, state.now_us
    for burst in past.bursts:
        if now_us >= burst.at_us + BURST_US:
            _judge_burst(state, burst)
    if past.report is not None and now_us >= past.report.at_us + REPORT_US:
        _judge_report(state, past.report)
    closing = past.closing
    if closing is not None and now_us >= closing.at_us + BURST_US:
        state.memory.sight = state.memory.sight.after(closing=None, is_closed=True)
        (missing,) = {"stop", "stopEnd"} - set(closing.streams)
        _tell_end(state, [f"clk {missing}"], entry=closing.entry)


def _open(state: RingState) -> tuple[Heard, ...]:
    return state.memory.sight.past.bursts


def _lacks_scores(burst: Heard) -> bool:
    return "sc" in burst.streams and "s" not in burst.streams


def _add(state: RingState, stream: str, *, is_part: bool = False) -> None:
    """To the newest point that lacks it; a part of `sc` or `s` also to one that has the other part."""
    bursts, now_us = _open(state), state.now_us
    for burst in reversed(bursts):
        if stream in burst.streams:
            if is_part:
                return
            continue
        is_behind = _is_late(stream, burst.streams)
        if is_behind and now_us - burst.last_at_us > DETOUR_US:
            continue  # another point's
        is_late = is_behind and not burst.is_told
        fuller = burst.also(stream, now_us=now_us, is_late=is_late)
        _replace(state, burst, None if set(_BURST) <= set(fuller.streams) else fuller)
        if is_late:
            late(state, _overtaken(stream, burst.streams), _overtaker(stream, burst.streams))
        return
    if len(bursts) == _MOST_OPEN:
        _judge_burst(state, bursts[0])
    fresh = Heard(now_us, state.entry, (stream,), now_us)
    state.memory.sight = state.memory.sight.after(bursts=(*_open(state), fresh))


def _is_late(stream: str, before: tuple[str, ...]) -> bool:
    if stream == "last" and not _STRAY.isdisjoint(before):
        return True
    return any(_BURST.index(other) > _BURST.index(stream) for other in before if other in _BURST)


def _overtaken(stream: str, before: tuple[str, ...]) -> str:
    return next((other for other in before if other in _STRAY), stream) if stream == "last" else stream


def _overtaker(stream: str, before: tuple[str, ...]) -> str:
    if stream == "last":
        return next(other for other in before if other not in _STRAY)
    return "pt or wg" if before[-1] == "last" else before[-1]


def _replace(state: RingState, burst: Heard, fresh: Heard | None) -> None:
    bursts = (fresh if one is burst else one for one in _open(state))
    state.memory.sight = state.memory.sight.after(bursts=tuple(one for one in bursts if one is not None))


def _judge_burst(state: RingState, burst: Heard) -> None:
    _replace(state, burst, None)
    missing = [stream for stream in ("sc", "s") if stream not in burst.streams]
    if not missing:
        return
    heard = ["pt or wg" if stream == "last" else stream for stream in burst.streams]
    information(
        state,
        "burst_incomplete",
        f"A changed score came as {', '.join(heard)}, and {' and '.join(missing)} of it did not arrive.",
        missing=missing,
        heard=heard,
        entry=burst.entry,
    )


def _report(state: RingState, stream: str, *, is_sure: bool = True) -> None:
    sight, now_us = state.memory.sight, state.now_us
    report = sight.past.report
    if report is not None and stream in report.streams:
        return
    if report is None:
        report = _opened(state, stream, is_sure=is_sure)
        is_late = stream == "wrd" and "s" in report.streams
    else:
        order = (*_REPORT, "brk")
        is_late = any(order.index(other) > order.index(stream) for other in report.streams)
        sure = report.is_sure or is_sure
        report = Heard(report.at_us, report.entry, (*report.streams, stream), now_us, is_sure=sure)
    is_whole = set(_REPORT) <= set(report.streams)
    state.memory.sight = state.memory.sight.after(report=report)
    if is_late:
        late(state, stream, next(other for other in reversed(report.streams) if other != stream))
    if is_whole:
        _judge_report(state, report)


def _opened(state: RingState, stream: str, *, is_sure: bool) -> Heard:
    """A report that begins with `stream`; a lone `s` just before belongs to it."""
    lone = next((burst for burst in _open(state) if burst.streams == ("s",)), None)
    if lone is not None:
        _replace(state, lone, None)
        streams = (*lone.streams, stream)
        return Heard(lone.at_us, lone.entry, streams, state.now_us, is_sure=is_sure)
    return Heard(state.now_us, state.entry, (stream,), state.now_us, is_sure=is_sure)


def _judge_report(state: RingState, report: Heard) -> None:
    past = state.memory.sight.past
    is_open = past.has_run and not past.is_closed
    state.memory.sight = state.memory.sight.after(report=None, is_closed=past.is_closed or report.is_sure)
    if not report.is_sure:
        return
    missing = [stream for stream in _REPORT if stream not in report.streams]
    _tell_end(state, (["clk stopEnd"] if is_open else []) + missing, entry=report.entry)


def _tell_end(state: RingState, missing: list[str], *, entry: int) -> None:
    if missing:
        information(
            state,
            "report_incomplete",
            f"A round ended, and of the messages that say so {', '.join(missing)} did not arrive.",
            missing=missing,
            entry=entry,
        )
