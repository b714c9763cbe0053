"""`restrike query techniques`: how often each technique scored, by athlete, weight, country, time or tournament."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.query import moments, names, tables
from services.cli.query.filters import Filters, Limit, asking
from services.cli.query.question import LIMIT, Question
from services.cli.query.scope import check_ring, scope_of
from services.cli.query.source import Row, Source
from shared.errors import ValidationError

TECHNIQUES: Final = {
    "punches": "P",
    "body_kicks": "K",
    "head_kicks": "H",
    "technical_body_kicks": "TB",
    "technical_head_kicks": "TH",
}
"""The columns of the summaries, and the event code of each."""


class By(StrEnum):
    """What techniques may be counted by."""

    ATHLETE = "athlete"
    WEIGHT = "weight"
    COUNTRY = "country"
    HOUR = "hour"
    DAY = "day"
    TOURNAMENT = "tournament"


_SIDE: Final = "sum(CASE p.athlete_position WHEN 1 THEN s.chong_{name} ELSE s.hong_{name} END) AS {name}"
COUNTED: Final = (
    "\nSELECT {key} AS counted_by, {shown} AS shown, count(DISTINCT s.match_id) AS matches,\n    "
    + ",\n    ".join(_SIDE.format(name=name) for name in TECHNIQUES)
    + """
FROM match_summaries s JOIN pss_matches m ON m.id = s.match_id JOIN pss_match_athletes p ON p.match_id = s.match_id
LEFT JOIN pss_athletes a ON a.id = p.athlete_id
LEFT JOIN tournament_days d ON d.id = m.tournament_day_id LEFT JOIN tournaments t ON t.id = d.tournament_id
WHERE {where}
GROUP BY 1 ORDER BY {order} LIMIT :limit
"""
)
_MOST: Final = f"{' + '.join(TECHNIQUES)} DESC, 1"
_DAY: Final = "coalesce(d.date, date(m.first_loaded_at, 'localtime'))"
_ATHLETE: Final = "coalesce(a.long_name, a.short_name) || coalesce(' ' || a.country_code, '')"
KEYS: Final = {
    By.ATHLETE: ("p.athlete_id", _ATHLETE),
    By.WEIGHT: ("m.weight_class", "m.weight_class"),
    By.COUNTRY: ("coalesce(a.country_code, p.shown_noc)", "coalesce(a.country_code, p.shown_noc)"),
    By.DAY: (_DAY, _DAY),
    By.TOURNAMENT: ("d.tournament_id", "t.name"),
}
# Of the minutes of each kind of event; the hours are UTC and are brought to local hours of the day afterwards.
BY_HOUR: Final = """
SELECT substr(c.minute, 1, 13) AS hour, c.event_type_id AS kind, sum(c.events) AS events
FROM event_counts c
WHERE c.minute >= :since AND c.minute < :until AND (:ring IS NULL OR c.ring = :ring)
    AND c.event_type_id IN (SELECT id FROM pss_event_types WHERE category = 'technique')
GROUP BY 1, 2
"""


def techniques_sql(by: By, where: str = "TRUE") -> str:
    """The query for everything but the hour."""
    key, shown = KEYS[by]
    return COUNTED.format(key=key, shown=shown, where=where, order="1 DESC" if by is By.DAY else _MOST)


QUESTIONS: Final = (
    *(
        Question(
            name=f"techniques by {by}",
            purpose=f"How often each technique scored, by {by}.",
            command=f"techniques --by {by}",
            sql=techniques_sql(by),
            served_by="`match_summaries`: a row for each match, not the events",
            example={"limit": LIMIT},
        )
        for by in KEYS
    ),
    Question(
        name="techniques by hour",
        purpose="How often each technique scored in each hour (UTC); the command adds them up by local hour.",
        command="techniques --by hour",
        sql=BY_HOUR,
        served_by="`event_counts`: a row for each minute, ring and kind",
        example={"since": "''", "until": "'~'", "ring": "NULL"},
    ),
)

Key = Annotated[By, typer.Option("--by", help="What to count by.")]
_WITH_HOUR: Final = frozenset({"ring", "day", "since", "until"})


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike query techniques --by country --tournament active")(techniques)


@asking("match", "athlete", "ring", "day", "tournament", "weight", "country", "phase", "since", "until")
def techniques(
    source: Source, filters: Filters, *, by: Key = By.ATHLETE, limit: Limit = 20, json: output.Json = False
) -> None:
    """Count the techniques that scored, those with the most first; by hour of the day, or by day, in order of time.

    Counted are those of the matches' results; by hour, the messages that announced them.
    """
    if by is By.HOUR:
        found = _by_hour(source, filters)
    else:
        who = {"athlete": "p.athlete_id = :athlete", "country": "coalesce(a.country_code, p.shown_noc) = :country"}
        scope = scope_of(source, filters, **who)
        found = source.rows(techniques_sql(by, scope.where), **scope.values, limit=limit)
    for row in found:
        row["techniques"] = sum(row[name] or 0 for name in TECHNIQUES)
    columns = [
        tables.Column(by.value, lambda row: row["shown"] or "not known"),
        *([] if by is By.HOUR else [tables.number("matches")]),
        tables.number("all", "techniques"),
        tables.number("punch", "punches"),
        tables.number("body", "body_kicks"),
        tables.number("head", "head_kicks"),
        tables.number("tech. body", "technical_body_kicks"),
        tables.number("tech. head", "technical_head_kicks"),
    ]
    tables.answer("techniques", found, columns, json=json, limit=limit, nothing="No technique was counted.", by=by)


def _by_hour(source: Source, filters: Filters) -> list[Row]:
    """The hours of the local day, in order."""
    refused = [name for name in filters.__struct_fields__ if getattr(filters, name) and name not in _WITH_HOUR]
    if refused:
        sentence = "Hours are counted from the rings' messages: with --by hour only --ring, --day, --from and --to go."
        raise ValidationError("query.not_by_hour", sentence, value=f"--{refused[0]}")
    if filters.ring is not None:
        check_ring(source, filters.ring)
    since, until = moments.window(filters.day, filters.since, filters.until)
    hours: dict[str, Row] = {}
    code_of = {row["id"]: row["event_code"] for row in source.rows(names.KINDS)}
    name_of = {code: name for name, code in TECHNIQUES.items()}
    for row in source.rows(BY_HOUR, since=since[:16], until=until[:16], ring=filters.ring):
        hour = moments.local_hour(row["hour"])
        counted = hours.setdefault(hour, {"counted_by": hour, "shown": f"{hour} h", **dict.fromkeys(TECHNIQUES, 0)})
        counted[name_of[code_of[row["kind"]]]] += row["events"]
    return [hours[hour] for hour in sorted(hours)]
