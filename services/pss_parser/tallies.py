"""What one match's rounds are known to hold, counted from the messages; pss-parser.

Kept per match, so that loading it again goes on with it. Immutable. Pairs are (chong, hong).
"""

from typing import Final

import msgspec
from msgspec import Struct

from shared.messages.pss import Technique, TechniqueCounts
from shared.messages.results import Result, RoundResult

TECHNIQUES: Final = tuple(Technique)
NO_TECHNIQUES: Final = (0,) * len(TECHNIQUES)


class Rise(Struct, frozen=True, kw_only=True):
    """An athlete's score rose by `worth` at `at_us` (entry `entry`), and no point says why yet."""

    worth: int
    at_us: int
    entry: int
    is_told: bool = False


class Cause(Struct, frozen=True, kw_only=True):
    """A technique (as sent: `value`) or the opponent's gam-jeoms (`value` None), and no rise follows from it yet.

    `worth` None: it explains any rise. `position` is the technique's in `TECHNIQUES`.
    """

    worth: int | None
    at_us: int
    entry: int
    value: int | None = None
    position: int | None = None
    is_told: bool = False


class Side(Struct, frozen=True, kw_only=True):
    """One athlete in one round. Scores: `level` is the one believed, `previous` the one before it (since
    `level_at_us`), `shown` the last one of `sc`, `listed` the last one of `s`. `lowered` is what corrections took.

    `techniques` are counted in the order of `TECHNIQUES`; `unnamed_points` are those of techniques without a name.
    """

    level: int | None = 0
    previous: int | None = None
    level_at_us: int = 0
    shown: int | None = None
    listed: int | None = None
    lowered: int = 0
    gam_jeoms: int | None = 0
    gam_jeoms_before: int | None = None
    gam_jeoms_at_us: int = 0
    techniques: tuple[int, ...] = NO_TECHNIQUES
    unnamed_points: int = 0
    hits: int = 0
    point_at_us: int = 0
    last_value: int | None = None
    last_value_at_us: int = 0
    rises: tuple[Rise, ...] = ()
    causes: tuple[Cause, ...] = ()
    reported: TechniqueCounts | None = None


class RoundTally(Struct, frozen=True, kw_only=True):
    """One round. `declared` is its winner as `wrd` said it, None while it did not; `is_listed`: `s` told its scores
    after its end; `is_whole`: it was heard from its start. `over_from_ms` is the clock when the gap or the limit that
    `over_by` names was reached, None while neither is. `is_closed`: what did not add up was told.
    """

    number: int
    sides: tuple[Side, Side] = (Side(), Side())
    superiority: int | None = None
    fought_ms: int | None = None
    declared: int | None = None
    is_begun: bool = False
    is_over: bool = False
    is_listed: bool = False
    is_whole: bool = True
    over_by: str | None = None
    over_from_ms: int | None = None
    is_closed: bool = False
    doubts: tuple[str, ...] = ()


class Declared(Struct, frozen=True, kw_only=True):
    """What the sender declared of the match, and the athletes' names by then (short and long, chong and hong).
    `has_winner`, `has_decision`: which halves of it came.
    """

    winner: int | None = None
    name: str | None = None
    rounds: tuple[int, int] | None = None
    decision: str | None = None
    has_winner: bool = False
    has_decision: bool = False
    names: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


class Tallies(Struct, frozen=True, kw_only=True):
    """One match. `rounds` and `result` are what is assessed so far, `tallied` what it follows from.

    `current` is the round that is counted. `told` are findings that are not said twice, by rule and round. `due_us`:
    when something that waits must be looked at, 0 if nothing waits; `decided_at_us`: when the first half of the result
    came. `loaded` is the score that a load which goes on said; `total_rounds` what the match's description said;
    `is_over`: the running round should have ended; `is_closed`: what did not add up in its result was told; `is_gone`:
    the match left the ring.
    """

    match_id: str | None = None
    total_rounds: int | None = None
    current: int | None = None
    tallied: tuple[RoundTally, ...] = ()
    rounds: tuple[RoundResult, ...] = ()
    result: Result | None = None
    told: tuple[str, ...] = ()
    due_us: int = 0
    decided_at_us: int = 0
    declared: Declared = Declared()
    loaded: tuple[int | None, int | None] = (None, None)
    is_over: bool = False
    is_closed: bool = False
    is_gone: bool = False

    def of(self, number: int | None) -> RoundTally | None:
        """The tally of a round."""
        for tally in self.tallied:
            if tally.number == number:
                return tally
        return None

    @property
    def running(self) -> RoundTally | None:
        """The tally of the current round."""
        return self.of(self.current)

    def with_round(self, tally: RoundTally) -> "Tallies":
        """The same with that round's tally in the place of the old one."""
        before = self.of(tally.number)
        if before is None:
            tallied = sorted((*self.tallied, tally), key=lambda one: one.number)
        else:
            tallied = [tally if one is before else one for one in self.tallied]
        return msgspec.structs.replace(self, tallied=tuple(tallied))


def with_side(tally: RoundTally, athlete: int, side: Side) -> RoundTally:
    """`tally` with another side of that athlete."""
    chong, hong = tally.sides
    return msgspec.structs.replace(tally, sides=(side, hong) if athlete == 1 else (chong, side))


def with_doubt(tally: RoundTally, rule: str) -> RoundTally:
    """`tally`, in doubt by `rule`."""
    if rule in tally.doubts:
        return tally
    return msgspec.structs.replace(tally, doubts=(*tally.doubts, rule))
