"""`restrike alerts list`, `ack`, `test`: asks cpu-monitor."""

from datetime import UTC, datetime
from textwrap import fill
from typing import Annotated

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.query.tables import WIDE
from shared.errors import NetworkError, RestrikeError
from shared.messages.alerts import (
    AcknowledgeAlert,
    AlertChanged,
    AlertSeverity,
    Channel,
    ChannelTested,
    GetAlerts,
    TellTestAlert,
)
from shared.paths import Paths
from shared.rpc import Client, RefusedError

NOTHING = "Nothing is wrong."
OFF = "alert.channel_off"
NOT_RUNNING = "service.not_running"
SHOWN = 6
"""Digits of an id, which tell apart what is open at once."""
Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the alert, or its beginning (see restrike alerts list).")]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What is being done; it is kept.")]
Of = Annotated[Channel | None, typer.Argument(metavar="[mail|webhook]", help="Only by this channel.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("list", epilog="Example: restrike alerts list")(list_)
    app.command(epilog="Example: restrike alerts ack 3f --note 'cable is being changed'")(ack)
    app.command("test", epilog="Example: restrike alerts test mail")(try_out)


def list_(*, json: output.Json = False) -> None:
    """List what is wrong now, the worst first."""
    order = list(reversed(AlertSeverity))
    found = Client(Paths.from_environment()).call(GetAlerts())
    alerts = sorted(found.alerts, key=lambda alert: order.index(alert.severity))
    if json:
        output.document({"alerts": alerts, "not_told": found.not_told})
        return
    if not alerts:
        output.line(NOTHING)
    for alert in alerts:
        output.line(_block(alert))
    if found.not_told is not None:
        output.note(found.not_told)


def ack(alert: Id, *, note: Note = None, author: Author = None, json: output.Json = False) -> None:
    """Take note of an alert: somebody sees to it. It is not told again, and stays listed until it is over."""
    command = AcknowledgeAlert(alert_id=alert, author=author_of(author), note=note)
    done = Client(Paths.from_environment()).call(command)
    if json:
        output.document({"alert": done})
    else:
        output.line(f"Taken note of {done.rule} ({output.one_line(done.subject)}).")


def try_out(channel: Of = None, *, author: Author = None, json: output.Json = False) -> None:
    """Send a test alert now, and show what the other side answered. Without a name, by each channel that is set up."""
    client, by = Client(Paths.from_environment()), author_of(author)
    failed: dict[Channel, RestrikeError] = {}
    if channel is not None:
        tested = [client.call(TellTestAlert(channel=channel, author=by))]
    else:
        tested, failed = _each_tested(client, by)
    for done in () if json else tested:
        output.line(f"{done.channel}: {output.one_line(done.address)} answered {output.one_line(done.answer)}")
    for one, error in failed.items():
        output.note(f"{one}: {error.message}")
    if json:
        said = [{"channel": one, "code": error.code, "message": error.message} for one, error in failed.items()]
        output.document({"tested": tested, "failed": said})
    if not tested or any(error.code != OFF for error in failed.values()):
        raise typer.Exit(1)


def _each_tested(client: Client, author: str) -> tuple[list[ChannelTested], dict[Channel, RestrikeError]]:
    """Test every channel, whatever becomes of the others."""
    tested: list[ChannelTested] = []
    failed: dict[Channel, RestrikeError] = {}
    for one in Channel:
        try:
            tested.append(client.call(TellTestAlert(channel=one, author=author)))
        except (RefusedError, NetworkError) as error:
            if error.code == NOT_RUNNING:
                raise
            failed[one] = error
    return tested, failed


def _block(alert: AlertChanged) -> str:
    """What is wrong, and what to do."""
    head = f"{alert.alert_id[:SHOWN]}  {alert.severity}, since {local_time(alert.raised_at_us)}  {alert.rule}"
    lines = [(4 * " ", alert.message)]
    if alert.remedy:
        lines.append(("    → ", alert.remedy))
    if alert.acknowledged_by is not None:
        note = f": {alert.note}" if alert.note else ""
        lines.append((4 * " ", f"Noted by {alert.acknowledged_by}{note}"))
    wrapped = [
        fill(output.one_line(text), WIDE, initial_indent=first, subsequent_indent=len(first) * " ")
        for first, text in lines
    ]
    return "\n".join([output.one_line(head), *wrapped])


def local_time(at_us: int) -> str:
    """Time of day, with the date when it is of another day."""
    moment = datetime.fromtimestamp(at_us // 1_000_000, tz=UTC).astimezone()
    is_today = moment.date() == datetime.now(UTC).astimezone().date()
    return f"{moment:%H:%M:%S}" if is_today else f"{moment:%Y-%m-%d %H:%M}"
