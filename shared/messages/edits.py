"""What a person may change about a match. None: as it was sent."""

from msgspec import Struct


class Changes(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One edit. Athletes: 1 chong, 2 hong, 0 nobody (a tie). `round_winners` is by round from 1, None where the
    round's winner stays as sent; `decision` is a code ("PTF").
    """

    match_number: str | None = None
    phase: str | None = None
    weight_class: str | None = None
    division: str | None = None
    chong_name: str | None = None
    chong_noc: str | None = None
    hong_name: str | None = None
    hong_noc: str | None = None
    round_winners: tuple[int | None, ...] = ()
    winner: int | None = None
    decision: str | None = None
