"""Summaries of matches and athletes worked out from the tables alone; db-writer, and checks of the database.

`match_summaries`, one row per match from its first event on. For each side (chong, hong):
- `points`, `gam_jeoms`, `punches`, `body_kicks`, `head_kicks`, `technical_body_kicks`, `technical_head_kicks`: the sums
  over `round_results`; what is unknown there counts as nothing.
- `rounds_won`: as in `match_results`: by the winners in force, a golden round not counted.
- `challenges`: video reviews that this side asked for (the referee's own are no side's). `challenges_granted`: those
  that were accepted or won; that one was accepted may be all that is ever sent.
- `hits`: messages of its sensors (`hl`), whatever level they told.

For the match as a whole:
- `events`: its rows of `pss_events_v2`; `first_event_at`, `last_event_at`: the least and the greatest of their times.
  With `hits` these stay as they were once events of the match are in an archive.
- `rounds`: its rows of `round_results`, so rounds that are over. `fought_ms`: the sum of theirs.
- `injuries`: injury times, para timeouts not counted. `corrections`: rows of `corrections`.
- `edits`: those of `match_edits` that hold. `informations`, `warnings`, `errors`: findings by severity.
- `lead_changes`: how often in a round that is over the lead went from one athlete to the other, a tie between them or
  not; each round begins anew. `comeback_points`: the most points that the winner of a round (the one in force) was
  behind in it before being level or ahead again; what was taken from the other's score before that does not count.
  Both are 0 for a match with more than `MOST_SCORES` changes of score.

`athlete_summaries`, one row per athlete: of the matches that are over, which are those that are decided or closed.
- `matches`; `wins`, `losses`: by the winner in force (neither of a match without one).
- `rounds_won`, `points`, `gam_jeoms`, `challenges`, `challenges_granted`, `hits` and the techniques: the sums of the
  athlete's side; `rounds_lost`, `points_against`: of the other side. `fought_ms`: of the matches.
- `comebacks`: matches that were won after the first round was lost.
- `first_match_at`, `last_match_at`: when the first and the last of the matches were loaded first.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from msgspec import Struct

from services.db_writer import summary_statements as statements
from services.db_writer.leads import leads
from shared.clock import utc_now_iso
from shared.db.sqlite import one_commit, sqlite3

MOST_SCORES: Final = 5_000
"""Changes of score of one match that are looked through; a real match has about 50, forged ones have no end."""
MISSING: Final = "*"

Columns = dict[str, Any]


class Disagreement(Struct, frozen=True, kw_only=True):
    """A column of `table` (a summary's row, whose match or athlete has the id `key`) that is not what a recount gives;
    `column` is `*` when there is no row.
    """

    table: str
    key: int
    column: str
    stored: int | str | None
    recounted: int | str | None


def derived(connection: "sqlite3.Connection", match_pk: int) -> tuple[int, ...]:
    """The DERIVED_COLUMNS of a match."""
    rounds = connection.execute(statements.SELECT_ROUND_SUMS, (match_pk,)).fetchone()
    episodes = connection.execute(statements.SELECT_EPISODE_SUMS, (match_pk,)).fetchone()
    return (*rounds, *episodes, *_leads(connection, match_pk))


def _leads(connection: "sqlite3.Connection", match_pk: int) -> tuple[int, int]:
    winners = dict(connection.execute(statements.SELECT_ROUND_WINNERS, (match_pk,)).fetchall())
    if not winners:
        return (0, 0)
    rows = connection.execute(statements.SELECT_SCORES, (match_pk, MOST_SCORES + 1)).fetchall()
    return (0, 0) if len(rows) > MOST_SCORES else leads(rows, winners)


def recount(connection: "sqlite3.Connection", match_pk: int) -> Columns:
    """What the summary of a match must say, by column: from its other tables alone. Columns that nobody can count, as
    events of it are in an archive, are left out.
    """
    found: Columns = {}
    if connection.execute(statements.SELECT_IS_ARCHIVED, (match_pk,)).fetchone() is None:
        (hit_type,) = connection.execute(statements.SELECT_HIT_TYPE).fetchone() or (0,)
        sums = connection.execute(statements.SELECT_EVENT_SUMS, (hit_type, match_pk)).fetchone()
        found |= zip(statements.EVENT_COLUMNS, sums, strict=True)
    found |= zip(statements.DERIVED_COLUMNS, derived(connection, match_pk), strict=True)
    doubts = dict(connection.execute(statements.SELECT_DOUBTS, (match_pk,)).fetchall())
    found |= {column: doubts.get(severity, 0) for severity, column in statements.COLUMN_OF_SEVERITY.items()}
    return found | {"corrections": doubts["correction"]}


def recount_athlete(connection: "sqlite3.Connection", athlete_pk: int) -> Columns:
    """What the summary of an athlete must say, by column: from matches, their summaries and their results."""
    return dict(zip(statements.ATHLETE_COLUMNS, _athlete_sums(connection, athlete_pk), strict=True))


def rebuild(connection: "sqlite3.Connection", match_pk: int) -> None:
    """Write the summary of a match anew; within the caller's transaction. Those of its athletes are not touched."""
    found = recount(connection, match_pk)
    upsert = statements.upsert_summary("match_summaries", "match_id", tuple(found))
    connection.execute(upsert, (match_pk, *found.values(), utc_now_iso()))


def rebuild_athlete(connection: "sqlite3.Connection", athlete_pk: int, *, now: str = "") -> None:
    """Write the summary of an athlete anew; within the caller's transaction."""
    values = (athlete_pk, *_athlete_sums(connection, athlete_pk), now or utc_now_iso())
    connection.execute(statements.UPSERT_ATHLETE_SUMMARY, values)


def athletes_of(connection: "sqlite3.Connection", match_pk: int) -> set[int]:
    """The athletes of a match, whose names were whole."""
    return {athlete for (athlete,) in connection.execute(statements.SELECT_ATHLETES, (match_pk,)).fetchall()}


def disagreements(connection: "sqlite3.Connection", *, limit: int) -> list[Disagreement]:
    """Summaries that are not what a recount of their rows gives, at most `limit`. Looks at every event that is stored:
    seconds for a million, so not in db-writer's loop.
    """
    return list(islice(_all_disagreements(connection), limit))


def _all_disagreements(connection: "sqlite3.Connection") -> Iterator[Disagreement]:
    for parent, table, name, count in (
        ("pss_matches", "match_summaries", "match_id", recount),
        ("pss_athletes", "athlete_summaries", "athlete_id", recount_athlete),
    ):
        for (key,) in connection.execute(f"SELECT id FROM {parent} ORDER BY id").fetchall():
            with one_commit(connection):
                found = list(_compared(connection, table, name, key=key, recounted=count(connection, key)))
            yield from found


def _compared(
    connection: "sqlite3.Connection", table: str, name: str, *, key: int, recounted: Columns
) -> Iterator[Disagreement]:
    select = f"SELECT {', '.join(recounted)} FROM {table} WHERE {name} = ?"
    row = connection.execute(select, (key,)).fetchone()
    if row is None and not recounted.get("matches", recounted.get("events")):
        return  # an athlete who was imported and fought nothing yet, a match without an event
    if row is None:
        yield Disagreement(table=table, key=key, column=MISSING, stored=None, recounted=None)
        return
    for (column, value), stored in zip(recounted.items(), row, strict=True):
        if stored != value:
            yield Disagreement(table=table, key=key, column=column, stored=stored, recounted=value)


def _athlete_sums(connection: "sqlite3.Connection", athlete_pk: int) -> tuple[Any, ...]:
    sums: tuple[Any, ...] = connection.execute(statements.SELECT_ATHLETE_SUMS, (athlete_pk,)).fetchone()
    return sums
