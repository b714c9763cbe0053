"""`restrike alerts history`, `metrics`: what was wrong, from the database, and what rules can watch."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from services.cli import output
from services.cli.query.moments import moment
from services.cli.query.tables import sheet
from services.cli.stored_rows import rows
from shared.alerts.metrics import METRICS
from shared.alerts.topics import RARE, fields_of
from shared.messages.alerts import AlertSeverity
from shared.paths import Paths

Last = Annotated[str, typer.Option("--last", metavar="TIME", help="How far back, such as 90m, 24h or 7d.")]
Rule = Annotated[str | None, typer.Option("--rule", metavar="NAME", help="Only alerts by this rule.")]
About = Annotated[str | None, typer.Option("--subject", metavar="NAME", help="Only of this ring, disk, OBS, service.")]
Least = Annotated[AlertSeverity | None, typer.Option("--severity", help="Only those as bad as this, or worse.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many, the newest.")]
COLUMNS: Final = (
    "id",
    "rule",
    "subject",
    "severity",
    "state",
    "message",
    "remedy",
    "value",
    "raised_at",
    "acknowledged_at",
    "acknowledged_by",
    "note",
    "cleared_at",
)
_ALERTS: Final = """
SELECT alert_key, rule, subject, severity, state, message, remedy, value, raised_at, acknowledged_at, acknowledged_by,
    note, cleared_at
FROM alerts
WHERE raised_at >= ?1 AND (?2 IS NULL OR rule = ?2) AND (?3 IS NULL OR subject = ?3)
    AND (?4 = '' OR instr(?4, severity) > 0)
ORDER BY raised_at DESC, id DESC LIMIT ?5
"""
DELIVERED: Final = ("channel", "about", "attempts", "delivered_at", "error")
_DELIVERIES: Final = """
SELECT alert_key, channel, about, attempts, delivered_at, error FROM alert_deliveries
WHERE alert_key IN (SELECT value FROM json_each(?)) ORDER BY id
"""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: restrike alerts history --last 24h --rule ring.silent")(history)
    app.command(epilog="Example: restrike alerts metrics")(metrics)


def history(  # noqa: PLR0913  # they are the options of the command
    *,
    last: Last = "24h",
    rule: Rule = None,
    subject: About = None,
    severity: Least = None,
    limit: Limit = 200,
    json: output.Json = False,
) -> None:
    """List what was wrong, the newest first, and whether somebody was told. The suite need not run."""
    paths = Paths.from_environment()
    order = list(AlertSeverity)
    words = " ".join(order[order.index(severity) :]) if severity is not None else ""
    found = rows(paths.database, _ALERTS, moment(last), rule, subject, words, limit)
    alerts = [dict(zip(COLUMNS, row, strict=True)) for row in found]
    for alert in alerts:
        alert["deliveries"] = []
    _add_deliveries(paths, alerts)
    if json:
        output.document({"alerts": alerts})
    elif not alerts:
        output.line("There was no alert.")
    else:
        headers = ("raised", "over", "severity", "rule", "told", "what")
        output.line(sheet(headers, [_row(alert) for alert in alerts], whole={0, 1, 2, 3}))


def metrics(*, json: output.Json = False) -> None:
    """List the values that rules can watch, and the events that they can wait for."""
    if json:
        events = [{"topic": name, "doc": topic.doc, "fields": fields_of(topic)} for name, topic in RARE.items()]
        output.document({"metrics": list(METRICS.values()), "events": events})
        return
    output.line("Values, each of one mount, ring, OBS, service and so on:")
    for one in METRICS.values():
        output.line(f"  {one.name}{f' ({one.unit})' if one.unit else ''}\n      {one.meaning}")
    output.line("Events:")
    for name, topic in RARE.items():
        output.line(f"  {name}: {', '.join(fields_of(topic))}\n      {topic.doc}")


def _add_deliveries(paths: Paths, alerts: Sequence[dict[str, Any]]) -> None:
    import msgspec  # noqa: PLC0415  # start time: only when there is something to look up

    by_id = {alert["id"]: alert for alert in alerts}
    for row in rows(paths.database, _DELIVERIES, msgspec.json.encode(list(by_id)).decode()) if by_id else ():
        by_id[row[0]]["deliveries"].append(dict(zip(DELIVERED, row[1:], strict=True)))


def _row(alert: dict[str, Any]) -> tuple[object, ...]:
    over = output.local_date_time(alert["cleared_at"])
    raised = output.local_date_time(alert["raised_at"]) or ""
    state = "open" if over is None else over[11:] if over[:10] == raised[:10] else over
    told = {one["channel"] if one["delivered_at"] else f"not {one['channel']}": None for one in alert["deliveries"]}
    return (raised, state, alert["severity"], alert["rule"], ", ".join(told), alert["message"])
