"""`restrike query counts`: how many events per second, minute, hour, day or month."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from services.cli import output
from services.cli.query import moments, names, tables
from services.cli.query.filters import Filters, Limit, Oldest, asking
from services.cli.query.question import Question
from services.cli.query.scope import check_ring
from services.cli.query.source import Row, Source
from shared.errors import ValidationError

MOST_SECONDS: Final = 3600
"""Seconds are counted from the events themselves: an hour of a venue's events is what can be counted at once."""
MATTERS: Final = """(:ring IS NULL OR {ring})
    AND (:kinds IS NULL OR event_type_id IN (SELECT value FROM json_each(:kinds)))"""
# From bucket to bucket by the primary key, so that only those that are shown are added up, and nothing is sorted. A
# bucket is the beginning of its minutes' names: what begins with it lies between it and itself with `~` behind it. Each
# step has one bound on the side it comes from: of two, SQLite might go by the wrong one.
_COUNTS: Final = f"""
WITH RECURSIVE buckets (bucket) AS (
    SELECT substr({{end}}(minute), 1, :length) FROM event_counts WHERE minute >= :since AND minute < :until
    UNION ALL
    SELECT (SELECT substr({{end}}(c.minute), 1, :length) FROM event_counts c
        WHERE {{beyond}})
    FROM buckets WHERE bucket IS NOT NULL
)
SELECT bucket, (SELECT coalesce(sum(events), 0) FROM event_counts
    WHERE minute >= max(bucket, :since) AND minute < min(bucket || '~', :until)
        AND {MATTERS.format(ring="ring = :ring")}) AS events
FROM buckets WHERE bucket IS NOT NULL LIMIT :limit
"""
NEWEST: Final = _COUNTS.format(end="max", beyond="c.minute < buckets.bucket AND c.minute >= :since")
OLDEST: Final = _COUNTS.format(end="min", beyond="c.minute >= buckets.bucket || '~' AND c.minute < :until")
SECONDS: Final = f"""
SELECT substr(e.timestamp, 1, 19) AS bucket, count(*) AS events FROM pss_events_v2 e
WHERE e.timestamp >= :since AND e.timestamp < :until
    AND {MATTERS.format(ring="e.session_id IN (SELECT id FROM udp_server_sessions WHERE ring = :ring)")}
GROUP BY 1 ORDER BY 1 {{order}} LIMIT :limit
"""


class Bucket(StrEnum):
    """How long what is counted together is."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


LENGTHS: Final = {Bucket.MINUTE: 16, Bucket.HOUR: 13, Bucket.DAY: 10, Bucket.MONTH: 7}
"""So many characters of a stored time name it."""
_ALL: Final = {"ring": "NULL", "kinds": "NULL", "limit": "500"}
_MINUTE: Final = "(SELECT substr(max(first_event_at), 1, 16) FROM match_summaries)"
QUESTIONS: Final = (
    *(
        Question(
            name=f"events per {bucket}",
            purpose=f"How many events there were in each {bucket} (UTC), of all rings and kinds or of some.",
            command=f"counts --bucket {bucket}",
            sql=NEWEST,
            served_by="`event_counts`, by its primary key: a row for each minute, ring and kind",
            example=_ALL | {"length": str(length), "since": "''", "until": "'~'"},
        )
        for bucket, length in LENGTHS.items()
    ),
    Question(
        name="events per second",
        purpose="How many events there were in each second of a window of an hour at most.",
        command="counts --bucket second --from 09:30 --to 09:40",
        sql=SECONDS.format(order="DESC"),
        served_by="`ix_pss_events_v2_timestamp`",
        example=_ALL | {"since": f"{_MINUTE} || ':00'", "until": f"{_MINUTE} || ':59~'"},
    ),
)

BucketOption = Annotated[Bucket, typer.Option("--bucket", help="What is counted together, in UTC.")]
Kind = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only events of this code, name or category.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike query counts --bucket hour --kind technique --day today")(counts)


@asking("ring", "day", "since", "until")
def counts(  # noqa: PLR0913  # a command has as many arguments as options
    source: Source,
    filters: Filters,
    *,
    bucket: BucketOption = Bucket.HOUR,
    kind: Kind = None,
    limit: Limit = 100,
    oldest: Oldest = False,
    json: output.Json = False,
) -> None:
    """Count events per second, minute, hour, day or month (UTC), the newest first."""
    if filters.ring is not None:
        check_ring(source, filters.ring)
    since, until = moments.window(filters.day, filters.since, filters.until)
    kinds = None if kind is None else str(names.kinds(source, kind))
    values: dict[str, Any] = {"since": since, "until": until, "ring": filters.ring, "kinds": kinds, "limit": limit}
    order = "ASC" if oldest else "DESC"
    if bucket is Bucket.SECOND:
        _check_window(since, until)
        found = source.rows(SECONDS.format(order=order), **values)
    else:
        minutes = {"since": since[:16], "until": until[:16]}
        found = source.rows(OLDEST if oldest else NEWEST, **values | minutes, length=LENGTHS[bucket])
    columns = [tables.Column(f"{bucket} (UTC)", _bucket), tables.number("events")]
    tables.answer("counts", found, columns, json=json, limit=limit, nothing="Nothing was sent then.", bucket=bucket)


def _bucket(row: Row) -> str:
    return str(row["bucket"]).replace("T", " ")


def _check_window(since: str, until: str) -> None:
    is_bounded = since and until != moments.ALWAYS[1]
    if is_bounded and (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds() <= MOST_SECONDS:
        return
    sentence = f"Seconds are counted in a window of {MOST_SECONDS // 60} minutes at most: give --from and --to."
    raise ValidationError("query.window_too_wide", sentence)
