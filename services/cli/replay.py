"""`restrike replay`: sends recorded traffic again, to a ring of the suite or to any address."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from msgspec import Struct

from services.cli import output
from services.cli.captures import Capture, read_capture
from services.cli.pacing import MAX, Pacer, parse_speed
from services.cli.replay_targets import Anywhere, RingTarget, Target, parse_place
from shared.clock import monotonic_s
from shared.paths import Paths
from shared.rpc import Client

T = TypeVar("T")
SHOW_EVERY_S: Final = 0.1


class Report(Struct, frozen=True, kw_only=True):
    """What a replay did. `heard` is what udp-ingest counted, None with --to; `ring` is None with --to."""

    file: Path
    ring: str | None
    to: str
    recorded: int
    datagrams: int
    bytes: int
    heard: int | None
    seconds: float
    complete: bool


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike replay match-7894.jsonl --ring ring-1 --speed 20")(replay)


def replay(  # noqa: PLR0913  # a command has as many arguments as options
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, pcap or pcapng.")],
    *,
    ring: Annotated[str, typer.Option("--ring", metavar="RING", help="The ring that shall hear it.")] = "ring-1",
    speed: Annotated[
        str, typer.Option("--speed", metavar="1|N|max", help="How many times faster than recorded.")
    ] = "1",
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="HOST:PORT", help="Just send there, as a scoring system would: nothing is marked."
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=1, max=65535, metavar="PORT", help="Of a packet capture: sent to PORT.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Even while the ring hears another sender.")] = False,
    json: output.Json = False,
) -> None:
    """Send a recorded match again, to a ring or any address.

    What a ring receives is marked as a replay. Refused while the ring hears its scoring system.
    """
    factor = _usage(parse_speed, speed, "--speed")
    place = None if to is None else _usage(parse_place, to, "--to")
    capture = read_capture(file, port=port)
    for sentence in capture.notes:
        output.note(sentence)
    target: Target = (
        RingTarget(Client(Paths.from_environment()), ring=ring, file=file.absolute(), force=force)
        if place is None
        else Anywhere(place, is_unpaced=factor == MAX)
    )
    _show(_run(capture, target, speed=factor, is_quiet=json), as_json=json)


def _show(report: Report, *, as_json: bool) -> None:
    if as_json:
        output.document(report)
    else:
        output.line(_told(report))
    if not report.complete:
        raise typer.Exit(1)


def _run(capture: Capture, target: Target, *, speed: float, is_quiet: bool) -> Report:
    """Send everything. Ctrl-C and SIGTERM end the replay in order, so that the ring is free for its sender."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    pacer = Pacer(speed, now_s=monotonic_s, wait_s=target.wait)
    total = len(capture.datagrams)
    sent, size, started_s = 0, 0, monotonic_s()
    try:
        with target.opened(), _progress(total, is_wanted=not is_quiet and sys.stderr.isatty()) as show:
            started_s = monotonic_s()
            for datagram in capture.datagrams:
                pacer.wait_until_due(datagram.at_s)
                target.send(datagram.body)
                sent += 1
                size += len(datagram.body)
                show(sent)
    except KeyboardInterrupt:
        output.note("The replay was broken off.")
    return Report(
        file=capture.file,
        ring=target.ring,
        to=target.place,
        recorded=total,
        datagrams=sent,
        bytes=size,
        heard=target.heard,
        seconds=round(monotonic_s() - started_s, 3),
        complete=sent == total and target.heard in (None, sent),
    )


@contextmanager
def _progress(total: int, *, is_wanted: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error; what is yielded is told how many were sent."""
    if not is_wanted:
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  # loads much, only for a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn  # noqa: PLC0415  # as above

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replay", total=total)
        shown_s = 0.0

        def show(sent: int) -> None:
            nonlocal shown_s
            if sent == total or monotonic_s() >= shown_s + SHOW_EVERY_S:
                shown_s = monotonic_s()
                bar.update(task, completed=sent)

        yield show


def _told(report: Report) -> str:
    of = "" if report.datagrams == report.recorded else f" of {report.recorded}"
    to = f"{report.ring} ({report.to})" if report.ring else report.to
    said = f"{report.datagrams}{of} datagrams, {report.bytes} bytes, sent to {to} in {report.seconds:.1f} s."
    missed = 0 if report.heard is None else report.datagrams - report.heard
    return f"{said} {missed} of them were not heard: see restrike udp status" if missed > 0 else said


def _usage(parse: Callable[[str], T], text: str, option: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
