"""What one match's rounds are known to hold, counted from the messages; pss-parser.

Kept per match, so that loading it again goes on with it. Immutable.
"""

from msgspec import Struct


class Tallies(Struct, frozen=True, kw_only=True):
    """One match."""
