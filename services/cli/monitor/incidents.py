"""`restrike monitor incidents`: what became of the services, from the database; no service needs to run."""

from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.query.moments import moment
from services.cli.stored_rows import rows
from services.registry import SERVICES
from shared.errors import ValidationError
from shared.paths import Paths

Last = Annotated[str, typer.Option("--last", metavar="TIME", help="How far back, such as 90m, 24h or 7d.")]
Of = Annotated[str | None, typer.Argument(metavar="SERVICE", help="Only of this one.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many, the newest.")]
COLUMNS: Final = ("service", "kind", "happened_at", "pid", "detail")
WORDS: Final = {
    "restarted": "started again",
    "ended": "ended by force",
    "storm": "! does not stay up",
    "calmed": "stays up",
    "stays_down": "✗ stays down",
}
"""What happened, for people; `kind` says it to programs."""
_INCIDENTS: Final = """
SELECT service, kind, happened_at, pid, detail FROM service_incidents
WHERE happened_at >= ?1 AND (?2 IS NULL OR service = ?2) ORDER BY happened_at DESC, id DESC LIMIT ?3
"""


def incidents(service: Of = None, *, last: Last = "24h", limit: Limit = 200, json: output.Json = False) -> None:
    """List which services ended, were ended or came back, the newest first, and why.

    An end that was asked for (restrike down) is none. The suite need not run.
    """
    if service is not None and service not in SERVICES:
        raise ValidationError(
            "service.unknown", f"There is no such service. One of: {', '.join(SERVICES)}.", value=service
        )
    stored = rows(Paths.from_environment().database, _INCIDENTS, moment(last), service, limit)
    found = [dict(zip(COLUMNS, row, strict=True)) for row in stored]
    if json:
        output.document({"incidents": found})
    elif not found:
        output.line("Nothing happened to a service.")
    else:
        for one in found:
            at, what = output.local_date_time(one["happened_at"]), WORDS.get(one["kind"], one["kind"])
            output.line(f"{at}  {one['service']}: {what}")
            if one["detail"]:
                output.line(f"    {one['detail']}")
