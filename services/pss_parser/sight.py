"""What is remembered of a ring's last messages to see whether the next ones fit; pss-parser. Immutable."""

from msgspec import Struct


class Sight(Struct, frozen=True, kw_only=True):
    """One ring."""
