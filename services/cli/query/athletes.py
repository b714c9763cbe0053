"""`restrike query athletes` and `restrike query head-to-head`: people, from their summary rows."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.query import match_sql, names, tables
from services.cli.query.edits import as_edited
from services.cli.query.filters import Filters, Limit, asking
from services.cli.query.question import LIMIT, Question
from services.cli.query.source import Row, Source


class Rank(StrEnum):
    """What athletes may be ordered by."""

    POINTS = "points"
    WINS = "wins"
    MATCHES = "matches"
    ROUNDS_WON = "rounds_won"
    GAM_JEOMS = "gam_jeoms"
    CHALLENGES = "challenges"
    HITS = "hits"
    HEAD_KICKS = "head_kicks"
    COMEBACKS = "comebacks"
    FOUGHT_MS = "fought_ms"


ATHLETES: Final = """
SELECT a.id, a.athlete_code, a.short_name, a.long_name, a.country_code, s.matches, s.wins, s.losses, s.rounds_won,
    s.rounds_lost, s.points, s.points_against, s.gam_jeoms, s.challenges, s.challenges_granted, s.hits, s.punches,
    s.body_kicks, s.head_kicks, s.technical_body_kicks, s.technical_head_kicks, s.comebacks, s.fought_ms,
    s.first_match_at, s.last_match_at
FROM athlete_summaries s CROSS JOIN pss_athletes a ON a.id = s.athlete_id
WHERE {where}
ORDER BY s.{rank} DESC, s.wins DESC, a.id LIMIT :limit
"""
FOUGHT: Final = f"""
SELECT {match_sql.COLUMNS}, x.athlete_position AS a_position, s.chong_points, s.hong_points
FROM pss_match_athletes x
CROSS JOIN pss_match_athletes y ON y.match_id = x.match_id AND y.athlete_position = 3 - x.athlete_position
CROSS JOIN pss_matches m ON m.id = x.match_id
LEFT JOIN match_summaries s ON s.match_id = m.id
{match_sql.JOINS}
WHERE x.athlete_id = :a AND +y.athlete_id = :b
ORDER BY m.first_loaded_at DESC, m.id DESC
"""
_PAIR: Final = """(SELECT p.athlete_id FROM pss_match_athletes p WHERE p.athlete_position = {} AND p.match_id =
    (SELECT max(match_id) FROM pss_match_athletes WHERE athlete_id IS NOT NULL AND athlete_position = 1))"""
QUESTIONS: Final = (
    Question(
        name="athletes by points",
        purpose="Who made the most points, with all that is summed up of each athlete.",
        command="athletes --rank points",
        sql=ATHLETES.format(where="TRUE", rank="points"),
        served_by="`athlete_summaries`",
        example={"limit": LIMIT},
    ),
    Question(
        name="head to head",
        purpose="The matches that two athletes fought against each other.",
        command="head-to-head 12 34",
        sql=FOUGHT,
        served_by="`ix_pss_match_athletes_athlete_id`, then the results and summaries of those matches",
        example={"a": _PAIR.format(1), "b": _PAIR.format(2)},
    ),
)

RankBy = Annotated[Rank, typer.Option("--rank", help="The most of this first.")]
Name = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="Only athletes whose name has these words.")]
First = Annotated[str, typer.Argument(metavar="A", help="Name, code or number of an athlete.")]
Second = Annotated[str, typer.Argument(metavar="B", help="The other one.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: restrike query athletes --rank wins --country CRO")(athletes)
    app.command(name="head-to-head", epilog="Example: restrike query head-to-head 'Marija ČAČIĆ' 'Dunja ĐURIĆ'")(
        head_to_head
    )


@asking("athlete", "country")
def athletes(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    filters: Filters,
    *,
    rank: RankBy = Rank.POINTS,
    name: Name = None,
    limit: Limit = 20,
    json: output.Json = False,
) -> None:
    """List athletes with what is summed up of all their matches."""
    conditions, values = ["TRUE"], {}
    if filters.country is not None:
        conditions.append("a.country_code = :country")
        values["country"] = filters.country.upper()
    if filters.athlete is not None:
        conditions.append("s.athlete_id = :athlete")
        values["athlete"] = names.athlete(source, filters.athlete)["id"]
    if name is not None:
        conditions.append(
            "a.id IN (SELECT rowid / 4 FROM search_names WHERE search_names MATCH :name AND rowid % 4 = 0)"
        )
        values["name"] = names.search_terms(name)
    sql = ATHLETES.format(where=" AND ".join(conditions), rank=rank.value)
    found = source.rows(sql, **values, limit=limit)
    columns = [
        tables.number("id"),
        tables.Column("athlete", names.shown_name),
        *(tables.number(key) for key in ("matches", "wins", "points")),
        tables.pair("rounds", "rounds_won", "rounds_lost"),
        tables.number("gam-jeoms", "gam_jeoms"),
        tables.number("head", "head_kicks"),
        tables.number("comebacks"),
        tables.Column("fought", lambda row: output.clock(row["fought_ms"])),
    ]
    tables.answer("athletes", found, columns, json=json, limit=limit, nothing="No such athlete has fought yet.")


@asking()
def head_to_head(source: Source, _filters: Filters, a: First, b: Second, *, json: output.Json = False) -> None:
    """Show the matches of two athletes against each other, and who won how many."""
    both = [names.athlete(source, text) for text in (a, b)]
    found = as_edited(source, source.rows(FOUGHT, a=both[0]["id"], b=both[1]["id"]))
    wins = [sum(_side_of(row, number) == row["winner"] for row in found) for number in (0, 1)]
    points = [sum(row[f"{_SIDE[_side_of(row, number)]}_points"] or 0 for row in found) for number in (0, 1)]
    columns = [
        tables.minute("loaded", "first_loaded_at"),
        tables.MATCH,
        tables.column("phase"),
        tables.column("weight", "weight_class"),
        tables.column("chong"),
        tables.column("hong"),
        tables.pair("rounds", "rounds_won_chong", "rounds_won_hong"),
        tables.pair("points", "chong_points", "hong_points"),
        tables.choice("winner", "winner", tables.WINNERS),
        tables.number("by", "decision"),
    ]
    shown = [names.shown_name(one) for one in both]
    if found and not json:
        output.line(f"{shown[0]} {wins[0]} : {wins[1]} {shown[1]}  (points {points[0]} : {points[1]})")
    nothing = f"{shown[0]} and {shown[1]} have not fought each other."
    tables.answer("matches", found, columns, json=json, nothing=nothing, athletes=both, wins=wins, points=points)


_SIDE: Final = {1: "chong", 2: "hong"}


def _side_of(row: Row, number: int) -> int:
    """On which side athlete `number` (0: A, 1: B) stood."""
    return int(row["a_position"]) if number == 0 else 3 - int(row["a_position"])
