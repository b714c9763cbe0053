"""What interrupts a match and has a beginning and an end: video reviews, injury times, para timeouts.

Times are Unix microseconds; `clock_ms` is the round's clock when it began; `number` counts from 1 in a match.
"""

from enum import StrEnum

from msgspec import Struct


class ChallengeStatus(StrEnum):
    """How far a video review is known to have come. `accepted` may be all that is ever sent."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"
    WON = "won"
    LOST = "lost"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Challenge(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One video review from its request to its outcome; `athlete` 0 is the referee's own.

    `end` says why it is over: `closed` (sent), `rejected`, `match_went_on`, `next_challenge`, `match_ended`.
    """

    number: int
    athlete: int
    status: ChallengeStatus
    entry: int
    requested_at_us: int
    round: int | None = None
    clock_ms: int | None = None
    decided_at_us: int | None = None
    ended_at_us: int | None = None
    end: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the review goes on."""
        return self.ended_at_us is None


class InjuryKind(StrEnum):
    """Why the match stands still."""

    INJURY = "injury"
    PARA_TIMEOUT = "para_timeout"


class Injury(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One injury (kye-shi) time or para timeout; `athlete` 0 when the sender does not say whose.

    `left_ms` is what its clock showed last. `end` says why it is over: `hidden`, `expired` (its clock came to 0),
    `match_went_on`, `other_athlete`, `match_ended`.
    """

    number: int
    kind: InjuryKind
    athlete: int
    entry: int
    began_at_us: int
    round: int | None = None
    clock_ms: int | None = None
    left_ms: int | None = None
    ended_at_us: int | None = None
    end: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.ended_at_us is None
