"""Queries that are kept: what begins as one, once under a name."""

import pytest

from services.db_writer.office.desk import Desk
from services.db_writer.office.saved_queries import MOST_CHARACTERS, forget_query, save_query
from shared.errors import ValidationError
from shared.messages.saved_queries import ForgetQuery, SavedQuery, SaveQuery


def _save(desk: Desk, sql: str, *, replace: bool = False, description: str | None = None) -> SavedQuery:
    return save_query(desk, SaveQuery(query="q", sql=sql, author="ana", replace=replace, description=description))


def _kept(desk: Desk) -> list[tuple[str, str | None]]:
    return list(desk.connection.execute("SELECT sql, description FROM saved_queries").fetchall())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT :noc, count(*) FROM pss_athletes WHERE country_code = :noc LIMIT :many",
        "-- medals\n/* of\nall */ with a AS (SELECT 1) SELECT * FROM a",
        "EXPLAIN QUERY PLAN SELECT * FROM pss_matches",
        "VALUES (1)",
        "SELECT nothing FROM nowhere",
    ],
)
def test_what_begins_as_a_query_is_kept_as_written(desk: Desk, sql: str) -> None:
    """It is not understood, as that can take any time; who asks has it looked at, who runs it can only read."""
    assert _save(desk, sql).sql == sql
    assert _kept(desk) == [(sql, None)]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM pss_matches",
        "PRAGMA user_version = 7",
        "ATTACH ':memory:' AS x",
        "SELECTED",
        "",
        "/* nothing */",
        "/* SELECT 1",
        f"{'/**/' * (MOST_CHARACTERS // 4 - 1)}x",
        f"SELECT '{'x' * MOST_CHARACTERS}'",
    ],
)
def test_what_begins_otherwise_is_refused(desk: Desk, sql: str) -> None:
    """In a sentence; nothing is kept, and the audit knows of it."""
    with pytest.raises(ValidationError):
        _save(desk, sql)
    assert _kept(desk) == []
    assert desk.connection.execute("SELECT action, outcome FROM operator_audit").fetchall() == [
        ("query.save", "refused")
    ]


def test_a_name_is_taken_once(desk: Desk) -> None:
    """Until it is to be replaced, which keeps the description; forgetting answers with what it was."""
    _save(desk, "SELECT 1", description="one")
    with pytest.raises(ValidationError, match="--replace"):
        _save(desk, "SELECT 2")
    _save(desk, "SELECT 2", replace=True)
    assert _kept(desk) == [("SELECT 2", "one")]
    assert forget_query(desk, ForgetQuery(query="q", author="ben")).sql == "SELECT 2"
    with pytest.raises(ValidationError, match="no saved query q"):
        forget_query(desk, ForgetQuery(query="q", author="ben"))
    assert _kept(desk) == []
