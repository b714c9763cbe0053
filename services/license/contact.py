"""Whether the vendor could be asked about one licence: when he last answered, and for how long he was tried in vain;
license. No clock, no I/O.

What counts is time that the suite ran. Days in store, nights that it is off and a machine that sleeps do not count, or
a hall without a network would begin with a limit and no warning. A start counts what passed since the last look, up to
an hour: whoever starts it again and again gains nothing.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

MOST_GAP_US: Final = 3_600_000_000
"""The most that a start counts: so long at most is what a process that was killed had not written down."""


class Contact(Struct, frozen=True, kw_only=True):
    """`checked_at_us` is when the vendor last said that the licence holds. Since `unreached_since_us` he was tried in
    vain, `why` says how, `waited_us` is for how long the suite ran meanwhile, `counted_at_us` when that was counted.
    """

    checked_at_us: int | None = None
    unreached_since_us: int | None = None
    why: str | None = None
    waited_us: int = 0
    counted_at_us: int = 0

    def missed(self, why: str, *, now_us: int) -> "Contact":
        """The vendor could not be asked."""
        if self.unreached_since_us is not None:
            return replace(self, why=why)
        return Contact(checked_at_us=self.checked_at_us, unreached_since_us=now_us, why=why, counted_at_us=now_us)

    def went_on(self, now_us: int, *, ran_us: int | None) -> "Contact":
        """The suite ran for `ran_us` since that was counted last; None: it was just started."""
        if self.unreached_since_us is None:
            return self
        passed_us = min(abs(now_us - self.counted_at_us), MOST_GAP_US) if ran_us is None else ran_us
        return replace(self, waited_us=self.waited_us + passed_us, counted_at_us=now_us)

    def renewed(self) -> "Contact":
        """The vendor made a newer text: that he was tried in vain before does not matter to it."""
        return Contact(checked_at_us=self.checked_at_us)

    def put_right(self, now_us: int) -> "Contact":
        """What a clock noted that was ahead is put right."""
        return replace(
            self,
            checked_at_us=_not_after(now_us, self.checked_at_us),
            unreached_since_us=_not_after(now_us, self.unreached_since_us),
        )


def _not_after(now_us: int, at_us: int | None) -> int | None:
    return None if at_us is None else min(at_us, now_us)
