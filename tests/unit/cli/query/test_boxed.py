"""A query of somebody's own really ends: in time, and within its memory."""

import psutil
import pytest

from services.cli.query import boxed
from shared.errors import ValidationError
from tests.unit.cli.query.played import Played

pytestmark = pytest.mark.slow

ONE_INSTRUCTION = "SELECT instr(hex(zeroblob(2000000)), hex(zeroblob(1000000)) || '1')"
"""Minutes, in which SQLite looks at no clock."""
DOUBLED = ", ".join(f"t{n} AS (SELECT x FROM t{n - 1} UNION SELECT x FROM t{n - 1})" for n in range(1, 30))
NEVER_UNDERSTOOD = f"WITH t0 AS (SELECT 1 AS x), {DOUBLED} SELECT x FROM t29"
"""Twice the work at each level, before the first instruction."""


def _refused(played: Played, query: str, *, within_s: float) -> str:
    with pytest.raises(ValidationError) as refused:
        boxed.run(played.path, query, {}, limit=1, within_s=within_s)
    assert psutil.Process().children() == []
    return refused.value.code


@pytest.mark.parametrize("query", [ONE_INSTRUCTION, NEVER_UNDERSTOOD], ids=["one instruction", "never understood"])
def test_time_is_kept(played: Played, query: str) -> None:
    """Whatever SQLite is about; nothing is left running."""
    assert _refused(played, query, within_s=0.2) == "query.too_long"


def test_memory_is_kept(played: Played) -> None:
    """A text of 400 MB is refused, though its length is all that is asked for; an answer that fits comes as it is, with
    all that a column may hold.
    """
    assert _refused(played, "SELECT length(hex(zeroblob(200000000)))", within_s=60) == "query.too_much"
    found = boxed.run(played.path, "SELECT :a, x'00ff', 1.5, NULL", {"a": "č"}, limit=1, within_s=60)
    assert (found.rows, found.is_cut) == ([("č", b"\x00\xff", 1.5, None)], False)


def test_a_query_that_is_looked_at_has_no_more_time(played: Played) -> None:
    with pytest.raises(ValidationError, match="fewer parts"):
        boxed.look(played.path, NEVER_UNDERSTOOD, within_s=0.2)


def test_bytes_that_are_no_text_are_refused(played: Played) -> None:
    """As Python hands them on from a command line."""
    assert _refused(played, "SELECT '\udcff'", within_s=60) == "text.not_utf8"
