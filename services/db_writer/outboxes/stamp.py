"""When a fact happened and when it is written, as its rows say it; db-writer."""

from msgspec import Struct


class Stamp(Struct, frozen=True, kw_only=True, gc=False):
    """`at_us`: when the fact was put into the outbox (Unix), `at` the same and `now` the time of writing, both as the
    database holds times (`2026-03-01T09:30:00.123456Z`).
    """

    producer: str
    at_us: int
    at: str
    now: str
