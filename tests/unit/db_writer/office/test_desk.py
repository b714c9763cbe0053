"""Acts of operators: all of an act or nothing, and a row of the audit for each, done or refused."""

from typing import Any

import pytest

from services.db_writer.database import open_database
from services.db_writer.office.desk import Act, Desk
from shared.errors import DatabaseError, ValidationError
from shared.paths import Paths

ACT = Act(author="ana", action="query.save", target="mine", details={"rows": 1}, reason="asked")
INSERT = "INSERT INTO saved_queries (name, sql, author) VALUES (?, 'SELECT 1', 'ana')"


def attempt(desk: Desk, *queries: str, then: Exception | None = None) -> None:
    """Save queries in one act, at whose end `then` is raised."""
    with desk.acting(ACT) as connection:
        for name in queries:
            connection.execute(INSERT, (name,))
        if then is not None:
            raise then


def audit(desk: Desk) -> list[tuple[Any, ...]]:
    """The audit, the oldest first."""
    select = "SELECT author, action, target, details, reason, outcome, error FROM operator_audit ORDER BY id"
    return desk.connection.execute(select).fetchall()


def names(desk: Desk) -> list[str]:
    """The saved queries."""
    return [name for (name,) in desk.connection.execute("SELECT name FROM saved_queries ORDER BY id")]


def test_an_act_and_its_audit_are_one(desk: Desk) -> None:
    """What was done is there with who, what, why."""
    attempt(desk, "one")
    assert names(desk) == ["one"]
    assert audit(desk) == [("ana", "query.save", "mine", '{"rows":1}', "asked", "done", None)]


def test_an_act_waits_for_the_disk(desk: Desk) -> None:
    """What no journal holds is committed at FULL; the stream goes on at NORMAL, also after a refusal."""

    def level() -> int:
        return int(desk.connection.execute("PRAGMA synchronous").fetchone()[0])

    normal, full = 1, 2
    assert level() == normal
    with desk.acting(ACT):
        assert level() == full
    assert level() == normal
    with pytest.raises(ValidationError):
        attempt(desk, then=ValidationError("query.bad", "Mend it."))
    assert level() == normal


def test_a_refused_act_changes_nothing_and_is_kept(desk: Desk) -> None:
    """A refusal in the middle undoes the act, and the audit tells of the attempt."""
    with pytest.raises(ValidationError):
        attempt(desk, "one", then=ValidationError("query.bad", "Mend it.", value="x"))
    assert names(desk) == []
    assert [row[-2:] for row in audit(desk)] == [("refused", "Mend it. (got: 'x')")]


def test_a_contradiction_is_a_refusal(desk: Desk) -> None:
    """What the schema forbids is answered in a sentence, undone and kept."""
    attempt(desk, "one")
    with pytest.raises(DatabaseError, match="UNIQUE") as caught:
        attempt(desk, "two", "one")
    assert caught.value.code == "db.contradiction"
    assert names(desk) == ["one"]
    assert [row[-2] for row in audit(desk)] == ["done", "refused"]


def test_the_act_may_be_described_until_it_ends(desk: Desk) -> None:
    """Details that are known at the end are in the audit."""
    act = Act(author="ana", action="query.save")
    with desk.acting(act):
        act.details["rows"] = 7
    assert audit(desk)[0][3] == '{"rows":7}'


def test_a_mistake_of_ours_leaves_no_transaction(desk: Desk) -> None:
    """Any other error is undone, too, and the connection is usable."""
    with pytest.raises(KeyError):
        attempt(desk, "one", then=KeyError("ours"))
    assert not desk.connection.in_transaction
    assert (names(desk), audit(desk)) == ([], [])


def test_a_database_that_is_held_is_said(desk: Desk, paths: Paths) -> None:
    """Another writer in the way: a clear sentence, nothing changed, and afterwards it works."""
    other = open_database(paths)
    desk.connection.execute("PRAGMA busy_timeout = 10")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError) as caught:
        attempt(desk, "one")
    assert caught.value.code == "db.write_failed"
    other.execute("ROLLBACK")
    other.close()
    attempt(desk, "one")
    assert names(desk) == ["one"]


def test_the_store_is_told(paths: Paths) -> None:
    """After each act, done or refused, the store forgets what it had in memory."""
    told: list[None] = []
    connection = open_database(paths)
    desk = Desk(connection, paths=paths, forget=lambda: told.append(None))
    attempt(desk, "one")
    assert len(told) == 1
    with pytest.raises(DatabaseError):
        attempt(desk, "one")
    connection.close()
    assert len(told) == 3, "the refusal is a transaction of its own"


@pytest.mark.parametrize(
    ("author", "reason", "code"),
    [
        ("", None, "act.author"),
        ("a" * 201, None, "act.author"),
        ("a\nb", None, "act.author"),
        ("ana", " ", "act.reason"),
    ],
)
def test_who_and_why_are_one_line(desk: Desk, author: str, reason: str | None, code: str) -> None:
    """What would spoil the audit does not get into it, and nothing is done."""
    with (
        pytest.raises(ValidationError, match="one line of up to 200 characters") as refused,
        desk.acting(Act(author=author, action="query.save", reason=reason)) as connection,
    ):
        connection.execute(INSERT, ("one",))
    assert refused.value.code == code
    assert (names(desk), audit(desk)) == ([], [])
