"""A usual question as SQL, so that the documentation shows and the tests measure what the commands ask."""

from typing import Final

from msgspec import Struct, field

LIMIT: Final = "50"
"""The limit in examples: what the commands show unless told otherwise."""


class Question(Struct, frozen=True, kw_only=True):
    """`sql` answers it; `served_by` names the indexes or summaries that make it fast.

    `example` gives each named parameter a value, as an SQL expression that finds one in any database.
    """

    name: str
    purpose: str
    command: str
    sql: str
    served_by: str
    example: dict[str, str] = field(default_factory=dict)
