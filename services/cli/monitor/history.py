"""`restrike monitor history`: the machine as it was, from the stored samples. Reads the database; no service needs to
run.
"""

import re
from typing import Annotated, Any, Final

import typer

from services.cli import output
from services.cli.monitor.metrics import ALL, QUESTIONS, Column, Metric, Question
from services.cli.monitor.sample_tables import per_s, size
from services.cli.query.source import Database, Row, Source, opened
from shared.clock import NS_PER_S, iso_utc, unix_ns
from shared.errors import ValidationError

LINES: Final = 30
"""About as many are shown, unless --every says otherwise."""
STEPS_S: Final = (10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400)
"""Times that people like to read."""
SHORT_S, LONG_S = 10, 60
SHORT_UP_TO_S: Final = 7_200
"""Up to this long ago the samples of 10 s are asked: they are kept for a day, and are more than anybody reads."""
HOURS_S: Final = 43_200
NAME_WIDTH: Final = 22
MOST_S: Final = 3_650 * 86_400
_TIME: Final = re.compile(r"(\d{1,6})([smhd])")
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

Last = Annotated[str, typer.Option("--last", metavar="TIME", help="How far back: 90s, 15m, 1h or 3d.")]
Every = Annotated[str | None, typer.Option("--every", metavar="TIME", help="A line for so long: 10s, 5m, 1h.")]
Which = Annotated[Metric | None, typer.Option("--metric", metavar="WHAT", help="One of: " + ", ".join(Metric) + ".")]
Name = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="With --metric: this disk, network, process or OBS only; all if left out."),
]


def history(  # noqa: PLR0913  # they are the options of the command
    name: Name = None,
    *,
    last: Last = "1h",
    metric: Which = None,
    every: Every = None,
    database: Database = None,
    json: output.Json = False,
) -> None:
    """Show how the machine was: averages, the most that was taken and the least that was left.

    Averages of 10 s are kept for a day, of a minute for a month. Counts are sums.
    """
    question = ALL if metric is None else QUESTIONS[metric]
    if name is not None and question.parts is None:
        sentence = "A NAME goes with --metric disk, network, process or obs."
        raise ValidationError("monitor.name", sentence, value=name)
    span_s = _seconds(last)
    every_s = _step(span_s) if every is None else max(_seconds(every), SHORT_S)
    with opened(database) as source:
        period_s, rows = _rows(source, question, span_s=span_s, every_s=every_s, name=name)
    if json:
        output.document({"metric": metric, "name": name, "period_s": period_s, "every_s": every_s, "rows": rows})
    elif not rows:
        output.line("Nothing is stored of that. Is it measured? See: restrike monitor show")
    else:
        output.line(_table(question, rows, span_s=span_s))


def _rows(source: Source, question: Question, *, span_s: int, every_s: int, name: str | None) -> tuple[int, list[Row]]:
    """The period of the samples that were asked, and what they say; of the other period if there are none of it."""
    now_ns = unix_ns()
    values = {"since": iso_utc(now_ns - span_s * NS_PER_S), "name": name}
    is_short = span_s <= SHORT_UP_TO_S and every_s < LONG_S * LINES
    periods = (SHORT_S, LONG_S) if is_short else (LONG_S, SHORT_S)
    rows: list[Row] = []
    for period_s in periods:
        rows = source.rows(_sql(question), period=period_s, **values, **_lines(every_s, period_s))
        if rows:
            return period_s, [_plain(row) for row in rows]
    return periods[0], rows


def _lines(every_s: int, period_s: int) -> dict[str, Any]:
    """How samples, which are stored with their end, are put into lines, which have a beginning.

    One that is as long as a line has its own, from the second in which it began: it may begin at any, and would be cut
    into the line of another, and leave a hole. Of shorter ones each is in the line in which its middle is.
    """
    if every_s <= period_s:
        return {"shift": f"-{period_s - 0.5} seconds", "every": 1}
    return {"shift": f"-{period_s / 2} seconds", "every": every_s}


def _plain(row: Row) -> Row:
    """A row as programs get it: its time as text, no more digits than were measured."""
    plain = {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()}
    if "is_up" in plain:
        plain["is_up"] = bool(plain["is_up"])
    return {**plain, "at": f"{iso_utc(row['at'] * NS_PER_S)[:19]}Z"}


def _sql(question: Question) -> str:
    columns = [f"{column.sql} AS {column.key}" for column in question.columns]
    group, table, where = "at", "resource_samples s", ""
    if question.parts is not None:
        columns.insert(0, f"p.{question.name} AS name")
        table += f" JOIN {question.parts} p ON p.sample_id = s.id"
        where = f" AND (:name IS NULL OR p.{question.name} = :name)"
        group = "at, p." + str(question.name)
    return f"""
        SELECT CAST(strftime('%s', s.sampled_at, :shift) AS INTEGER) / :every * :every AS at, {", ".join(columns)}
        FROM {table} WHERE s.period_s = :period AND s.sampled_at >= :since{where} AND :name IS :name
        GROUP BY {group} ORDER BY {group}
    """


def _table(question: Question, rows: list[Row], *, span_s: int) -> str:
    shown = [column for column in question.columns if column.heading is not None]
    headings = ["from", *(["name"] if question.parts else []), *(str(column.heading) for column in shown)]
    # The day of a time is known to whoever asks for the last hours.
    begins, ends = (11, 19) if span_s <= HOURS_S else (5, 16)
    return output.table(headings, [_cells(row, shown, begins=begins, ends=ends) for row in rows])


def _cells(row: Row, shown: list[Column], *, begins: int, ends: int) -> list[object]:
    at = (output.local_date_time(row["at"]) or "")[begins:ends]
    name = [str(row["name"])[:NAME_WIDTH]] if "name" in row else []
    return [at, *name, *(_cell(column, row[column.key]) for column in shown)]


def _cell(column: Column, value: Any) -> object:
    if value is None:
        return None
    if column.key.endswith("_bytes_per_s"):
        return per_s(value)
    if column.key.endswith("_bytes"):
        return size(value)
    if column.key == "is_up":
        return "up" if value else "down"
    return f"{value:.1f}" if isinstance(value, float) else value


def _step(span_s: int) -> int:
    return next((step for step in STEPS_S if step * LINES >= span_s), STEPS_S[-1])


def _seconds(text: str) -> int:
    found = _TIME.fullmatch(text)
    seconds = int(found[1]) * _UNITS_S[found[2]] if found else 0
    if not 0 < seconds <= MOST_S:
        raise ValidationError("monitor.no_time", "This is no length of time. Write 90s, 15m, 1h or 3d.", value=text)
    return seconds
