"""`restrike health`: what is wrong, since when, and what to do."""

from typing import Annotated, Final

import typer

from services.cli import output
from services.cli.health_changes import Changes
from services.cli.health_report import DEADLINE_S, Seen, changed_line, current, line_width, listed, summary, title
from services.cli.status.troubles import besides
from shared.clock import unix_ns, wait_s
from shared.errors import RestrikeError
from shared.messages.alerts import AlertChanged, AlertState, GetAlerts
from shared.messages.health import Condition
from shared.paths import Paths
from shared.rpc import Client

WATCH_S: Final = 0.5
_ALONE: Final = "cpu-monitor does not answer: this is what the services answer themselves."
_DOWN: Final = "failed: the suite is not running. Start it with: restrike up"


def register(app: typer.Typer) -> None:
    """Add the command to `restrike` itself."""
    app.command(epilog="Example: restrike health && echo nothing failed")(health)


def health(
    *,
    all_: Annotated[bool, typer.Option("--all", help="List what is well, too.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Print each change with its time, until Ctrl-C.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 for degraded and unknown, too.")] = False,
    json: output.Json = False,
) -> None:
    """Say what is wrong, since when, and what to do; ends with 1 if something failed.

    cpu-monitor judges it. While that does not answer, every service is asked.
    """
    client = Client(Paths.from_environment())
    if watch:
        _watch(client, as_json=json)
        return
    seen = current(client)
    alerts = _alerts_besides(client, seen)
    if json:
        output.document(_document(seen, alerts))
    else:
        _tell(seen, alerts, with_all=all_)
    condition = seen.report.condition
    raise typer.Exit(1 if condition is Condition.FAILED or (strict and condition is not Condition.OK) else 0)


def _alerts_besides(client: Client, seen: Seen) -> list[AlertChanged] | None:
    """What is open and stands in no item. None: cpu-monitor does not say."""
    if not seen.is_judged:
        return None
    try:
        return besides(seen.report, client.call(GetAlerts(), deadline_s=DEADLINE_S).alerts)
    except RestrikeError:
        return None


def _document(seen: Seen, alerts: list[AlertChanged] | None) -> dict[str, object]:
    report = seen.report
    bad = [item for item in report.items if item.condition in (Condition.FAILED, Condition.DEGRADED)]
    return {
        "ok": not bad,
        "condition": report.condition,
        "faults": [f"{title(item)}: {item.reason}" for item in bad],
        "judged": seen.is_judged,
        "at_us": report.at_us,
        "items": report.items,
        "alerts_besides": None if alerts is None else len(alerts),
    }


def _tell(seen: Seen, alerts: list[AlertChanged] | None, *, with_all: bool) -> None:
    if not seen.is_running:
        output.line(_DOWN)
        return
    if not seen.is_judged:
        output.line(_ALONE)
    for text in listed(item for item in seen.report.items if with_all or item.condition is not Condition.OK):
        output.line(text)
    output.line(summary(seen.report))
    if alerts:
        output.line(_told(alerts))


def _told(alerts: list[AlertChanged]) -> str:
    noted = sum(alert.state is AlertState.ACKNOWLEDGED for alert in alerts)
    are = "1 alert is" if len(alerts) == 1 else f"{len(alerts)} alerts are"
    return f"{are} open besides{f' ({noted} noted)' if noted else ''}: restrike alerts list"


def _watch(client: Client, *, as_json: bool) -> None:
    changes, is_first, was_judged = Changes(), True, True
    try:
        while True:
            seen = current(client)
            if was_judged and not seen.is_judged and not as_json:
                output.line(f"{_now()} {_ALONE if seen.is_running else 'The suite is not running.'}")
            was_judged = seen.is_judged
            for item, before in changes.take(seen):
                if as_json:
                    output.document(item, is_line=True)
                else:
                    output.line(f"{_now()} {changed_line(item, before, width=line_width())}")
            if is_first and not as_json:
                output.line(f"{_now()} {summary(seen.report)}")
            is_first = False
            wait_s(WATCH_S)
    except KeyboardInterrupt:
        return  # how it is ended


def _now() -> str:
    return output.local_time(unix_ns() // 1000)[:8]
