"""What is remembered of a ring's last messages to see whether the next ones fit; pss-parser. Immutable.

What changes with each tick, the clocks and the last datagrams, is beside it in `Memory`.
"""

from typing import Any, Final

from msgspec import Struct, structs

NEVER_US: Final = 2**62
UNKNOWN_MS: Final = -1


class Step(Struct, frozen=True):
    """What a clock showed last and when. `pace`: 0 it stands, 1 it was started, 2 it ticked since."""

    shown_ms: int = UNKNOWN_MS
    at_us: int = 0
    pace: int = 0


class Heard(Struct, frozen=True):
    """Messages that belong together, from `entry` on: their streams in the order in which they came.

    `is_told`: that one of them came late was said. `is_sure`: that the group is one, and not a message of its own.
    """

    at_us: int
    entry: int
    streams: tuple[str, ...]
    last_at_us: int
    is_told: bool = False
    is_sure: bool = True

    def also(self, stream: str, *, now_us: int, is_late: bool = False) -> "Heard":
        """With one more."""
        return Heard(self.at_us, self.entry, (*self.streams, stream), now_us, self.is_told or is_late, self.is_sure)


class Waiting(Struct, frozen=True):
    """Something odd that the next messages may still explain: what a clock showed, in which entry."""

    at_us: int
    entry: int
    shown_ms: int = UNKNOWN_MS


class Declared(Struct, frozen=True):
    """A result, as far as it was declared; `differs_at_us` is when another one was declared last."""

    at_us: int
    entry: int
    winner: int | None = None
    decision: tuple[str | None, int | None, int | None, str | None] | None = None
    differs_at_us: int = 0
    is_half: bool = True


class Past(Struct, frozen=True, kw_only=True):
    """All but the last datagrams and the clocks.

    `load`, `bursts` (points and gam-jeoms), `report` (a round's end), `closing` (its clock's end) and the `reviews` of
    referee, chong and hong are groups that may not be complete; `started` is a clock that runs without a start, `risen`
    a tick that was too high. `begun` is the match whose clock ran and that has no result. `superiority_at_us` is when
    `sup` came last without a score after it. `told` counts the findings by rule since `told_from_us`.
    """

    load: Heard | None = None
    has_load: bool = False
    loaded_entry: int = 0
    bursts: tuple[Heard, ...] = ()
    report: Heard | None = None
    closing: Heard | None = None
    reviews: tuple[Heard | None, Heard | None, Heard | None] = (None, None, None)
    started: Waiting | None = None
    risen: Waiting | None = None
    round: int | None = None
    round_at_us: int = 0
    has_run: bool = False
    is_closed: bool = False
    begun: str | None = None
    begun_entry: int = 0
    superiority_at_us: int = 0
    result: Declared | None = None
    is_after_told: bool = False
    repeated_entry: int = 0
    tested_at_us: int = 0
    once: tuple[str, ...] = ()
    told_from_us: int = 0
    told: tuple[tuple[str, int], ...] = ()


class Sight(Struct, frozen=True):
    """One ring in one session. `due_us` is when something that was waited for will not come any more."""

    due_us: int = NEVER_US
    past: Past = Past()

    def after(self, **changes: Any) -> "Sight":
        """With another past; the names are those of `Past`."""
        past = structs.replace(self.past, **changes)
        return Sight(due_of(past), past)

    def without_times(self) -> "Sight":
        """With nothing that waits or was a moment ago: of those times nothing is known any more."""
        past = self.past
        referee, chong, hong = (None if one is None or "end" in one.streams else one for one in past.reviews)
        return self.after(
            load=None,
            bursts=(),
            report=None,
            closing=None,
            reviews=(referee, chong, hong),
            started=None,
            risen=None,
            round_at_us=0,
            superiority_at_us=0,
            result=past.result and structs.replace(past.result, differs_at_us=0),
            tested_at_us=0,
            told_from_us=0,
        )


BURST_US: Final = 1_000_000
"""A point's messages are 40 to 60 ms apart in all."""
REPORT_US: Final = 2_000_000
"""A round's report takes 40 ms."""
LOAD_US: Final = 1_000_000
"""A load's burst takes 160 ms."""
DETOUR_US: Final = 100_000
"""How much later a datagram may arrive than one that was sent after it: a switched network is 100 times faster."""
RISE_US: Final = 1_500_000
"""By then the tick after the one that was too high has come."""


def due_of(past: Past) -> int:
    """When the first of what is waited for will not come any more."""
    dues = [burst.at_us + BURST_US for burst in past.bursts]
    if past.load is not None:
        dues.append(past.load.last_at_us + (DETOUR_US if "rdy" in past.load.streams else LOAD_US))
    if past.report is not None:
        dues.append(past.report.at_us + REPORT_US)
    if past.closing is not None:
        dues.append(past.closing.at_us + BURST_US)
    if past.started is not None:
        dues.append(past.started.at_us + DETOUR_US)
    if past.risen is not None:
        dues.append(past.risen.at_us + RISE_US)
    return min(dues, default=NEVER_US)
