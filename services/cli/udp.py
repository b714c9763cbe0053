"""`restrike udp`: the rings' sockets, their senders, and the machine's network interfaces."""

from typing import Annotated, Any

import msgspec
import typer

from services.cli import output
from services.cli.group import group
from services.cli.udp_capture import register as register_capture
from shared.config import Config, is_address, load_file, not_from_environment, save
from shared.errors import RestrikeError, ValidationError
from shared.messages.commands import GetRings, RestartRing, StartRing, StopRing
from shared.messages.requests import Command
from shared.messages.service import INGEST
from shared.messages.udp import Interfaces, RingStatus, Sender
from shared.paths import Paths
from shared.rpc import Client, is_locked

app = group("udp", "The rings' sockets, their senders, and this network.")
RingName = Annotated[str, typer.Argument(metavar="RING", help="Name of the ring, as in restrike.json.")]

RING_COLUMNS = ("ring", "listens on", "datagrams", "bytes", "last heard", "dropped", "refused", "cut", "lost")
SENDER_COLUMNS = ("ring", "sender", "origin", "datagrams", "bytes", "first heard", "last heard")
INTERFACE_COLUMNS = ("address", "interface", "kind", "up", "Mbit/s", "recommended")


@app.command(epilog="Example: restrike udp status")
def status(*, json: output.Json = False) -> None:
    """Show each ring's socket, counters and senders.

    Counters run since the ring began to listen.
    """
    answer = Client(Paths.from_environment()).call(GetRings())
    if json:
        output.document(answer)
    else:
        _print_rings(answer.rings)


@app.command(epilog="Example: restrike udp start ring-1")
def start(ring: RingName, *, json: output.Json = False) -> None:
    """Listen for a ring; other rings go on.

    It listens as restrike.json says now.
    """
    _act(StartRing(ring=ring), json=json)


@app.command(epilog="Example: restrike udp stop ring-1")
def stop(ring: RingName, *, json: output.Json = False) -> None:
    """Stop to listen for a ring; other rings go on.

    What it received is stored.
    """
    _act(StopRing(ring=ring), json=json)


@app.command(epilog="Example: restrike udp restart ring-1")
def restart(ring: RingName, *, json: output.Json = False) -> None:
    """Stop and start a ring; other rings go on.

    It listens as restrike.json says now.
    """
    _act(RestartRing(ring=ring), json=json)


@app.command(epilog="Example: restrike udp interfaces")
def interfaces(*, json: output.Json = False) -> None:
    """List this machine's addresses, the recommended one first; the suite need not run."""
    from shared.interfaces import detect  # noqa: PLC0415  # psutil costs every other command 10 ms

    answer = Interfaces(interfaces=detect())
    if json:
        output.document(answer)
        return
    rows = [(i.address, i.name, i.kind, _yes(i.is_up), i.speed_mbps, _yes(i.is_recommended)) for i in answer.interfaces]
    output.line(output.table(INTERFACE_COLUMNS, rows))


@app.command(epilog="Example: restrike udp bind ring-1 auto")
def bind(
    ring: RingName,
    address: Annotated[
        str,
        typer.Argument(
            metavar="ADDRESS|auto", help="An address of this machine, 0.0.0.0 for all, or auto for the recommended one."
        ),
    ],
    *,
    json: output.Json = False,
) -> None:
    """Set the address that a ring listens on.

    Edits restrike.json, and moves the ring if the suite runs; if it cannot listen there, all stays as it was.
    """
    if address != "auto" and not is_address(address):
        raise typer.BadParameter(f"{address!r} is neither an IPv4 address nor auto.", param_hint="ADDRESS|auto")
    paths = Paths.from_environment()
    not_from_environment("rings")
    before = load_file(paths.config)
    save(paths.config, _with_bind(before, ring=ring, address=address))
    moved = _move(paths, ring, before=before) if is_locked(paths.lock(INGEST)) else None
    if json:
        output.document({"file": paths.config, "ring": ring, "bind": address, "status": moved})
        return
    output.line(f"{ring} is bound to {address} in {paths.config}.")
    if moved is None:
        output.line("udp-ingest is not running; it listens there at its next start.")
    else:
        _print_rings([moved])


register_capture(app)


def _with_bind(config: Config, *, ring: str, address: str) -> Config:
    if config.ring(ring) is None:
        known = ", ".join(r.name for r in config.rings)
        raise ValidationError("ring.unknown", f"There is no ring {ring} in restrike.json. Configured: {known}.")
    rings = [msgspec.structs.replace(r, bind=address) if r.name == ring else r for r in config.rings]
    return msgspec.structs.replace(config, rings=rings)


def _move(paths: Paths, ring: str, *, before: Config) -> RingStatus:
    """Have the ring listen where the file says now; if it cannot, put the file and the ring back."""
    client = Client(paths)
    try:
        return client.call(RestartRing(ring=ring))
    except RestrikeError:
        save(paths.config, before)
        client.call(RestartRing(ring=ring))
        raise


def _act(command: Command[RingStatus], *, json: bool) -> None:
    answer = Client(Paths.from_environment()).call(command)
    if json:
        output.document(answer)
    else:
        _print_rings([answer])


def _print_rings(rings: list[RingStatus]) -> None:
    output.line(output.table(RING_COLUMNS, [_ring_row(ring) for ring in rings]))
    for ring in rings:
        if ring.error:
            output.line(f"{ring.ring}: {ring.error}")
        if ring.unjournaled_bytes:
            output.line(f"{ring.ring}: {output.size(ring.unjournaled_bytes)} wait for the journal, which has no room.")
    senders = [_sender_row(ring.ring, sender) for ring in rings for sender in ring.senders]
    if senders:
        output.line("")
        output.line(output.table(SENDER_COLUMNS, senders))


def _ring_row(ring: RingStatus) -> tuple[Any, ...]:
    where = f"{ring.address}:{ring.port}" if ring.listening else f"(not listening) {ring.bind}:{ring.port}"
    if ring.source:
        where += f" from {ring.source}"
    heard = None if ring.last_packet_us is None else output.local_time(ring.last_packet_us)
    losses = (ring.kernel_drops, ring.refused, ring.cut, ring.lost)
    return (ring.ring, where, ring.packets, output.size(ring.bytes), heard, *losses)


def _sender_row(ring: str, sender: Sender) -> tuple[Any, ...]:
    first, last = output.local_time(sender.first_seen_us), output.local_time(sender.last_seen_us)
    place = f"{sender.address}:{sender.port}"
    return (ring, place, sender.origin, sender.packets, output.size(sender.bytes), first, last)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
