"""One trial: datagrams offered at a rate, and what became of them. The search for the highest rate that goes well."""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

PROMPT_S, PROMPT_SHARE = 1.0, 0.1
"""Stored while it arrives: everything is in the database this long after the last datagram, and within this share of
the time that the sending took. A short burst would otherwise pass at twice the rate that can be kept up."""
REACHED = 0.97
"""A sender that stays below this share of the offered rate is itself the limit."""
FIRST_FACTOR = 1.5


class Trial(Struct, frozen=True, kw_only=True):
    """What one trial gave. Rates are datagrams a second.

    `lost` counts datagrams that are missing or, if none is, those that are not stored exactly once, in order and as
    sent; `stored_after_s` runs from the last datagram until everything was stored. CPU times are microseconds for each
    datagram, without the idle share.
    """

    offered: float
    rate: float
    count: int
    lost: int
    stored_after_s: float
    cpu_us: float
    cpu_us_by_process: dict[str, float]

    @property
    def is_lossless(self) -> bool:
        """Whether every datagram is there."""
        return self.lost == 0

    @property
    def is_prompt(self) -> bool:
        """Whether every datagram was stored while the others arrived."""
        return self.is_lossless and self.stored_after_s <= min(PROMPT_S, PROMPT_SHARE * self.count / self.rate)

    @property
    def is_senders_limit(self) -> bool:
        """Whether the sender could not keep the rate, so that a higher one need not be tried."""
        return self.rate < REACHED * self.offered


def count_lost(sent: int, stored: Sequence[bool]) -> int:
    """How many datagrams are missing or, if none is, wrong or too many: `stored` tells of each row if it is right."""
    missing = sent - len(stored)
    return missing if missing > 0 else max(-missing, stored.count(False))


class Rig(Protocol):
    """What datagrams can be offered to."""

    def offer(self, rate: float, seconds: float) -> Trial:
        """Send at `rate` for `seconds`; returns when everything has come to rest."""


class Found(Struct, frozen=True, kw_only=True):
    """The best trial that went well (None: none did), the lowest rate that did not, and every trial in order."""

    best: Trial | None
    too_much: float | None
    trials: list[Trial]

    @property
    def rate(self) -> float:
        """The highest rate that went well, 0 if none did."""
        return self.best.rate if self.best else 0.0


def highest(
    rig: Rig,
    good: Callable[[Trial], bool],
    *,
    guess: float,
    steps: int,
    seconds: float,
    progress: Callable[[str], None],
) -> Found:
    """Search the highest rate that is `good`, from `guess`, in at most `steps` trials: first by a factor of 1.5 up or
    down, then halving between what went well and what did not.
    """
    best: Trial | None = None
    too_much: float | None = None
    trials: list[Trial] = []
    rate = guess
    for _ in range(steps):
        trial = rig.offer(rate, seconds)
        trials.append(trial)
        progress(_line(trial, is_good=good(trial)))
        if good(trial):
            best = trial if best is None or trial.rate > best.rate else best
            if trial.is_senders_limit:
                break
        else:
            too_much = rate if too_much is None else min(rate, too_much)
        if best is None:
            rate /= FIRST_FACTOR
        elif too_much is None:
            rate *= FIRST_FACTOR
        else:
            rate = (best.offered * too_much) ** 0.5
    return Found(best=best, too_much=too_much, trials=trials)


def _line(trial: Trial, *, is_good: bool) -> str:
    verdict = "good" if is_good else "not"
    return (
        f"{trial.rate:8,.0f}/s: {verdict}, lost {trial.lost}, stored after {trial.stored_after_s:.2f} s, "
        f"{trial.cpu_us:.1f} µs CPU each"
    )
