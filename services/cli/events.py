"""`restrike events`: what the suite publishes, as it happens."""

from typing import TYPE_CHECKING, Annotated

import typer
import zmq

from services.cli import output
from services.cli.group import group
from services.cli.snapshots import join
from services.cli.tail import Tail
from services.cli.topic_choice import choose_frames
from shared.config import in_force
from shared.errors import ValidationError
from shared.messages.topics import MATCH_STATE
from shared.paths import Paths
from shared.rpc import Client

if TYPE_CHECKING:
    from services.cli.event_lines import Lines

app = group("events", "What the suite publishes, as it happens.")


@app.callback()
def events() -> None:
    """What the suite publishes, as it happens."""


@app.command(epilog="Example: restrike events tail pss match.state --ring ring-1")
def tail(
    topics: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TOPIC",
            help="Topics or families of topics: pss, pss.clock, match; everything but service.health if left out.",
        ),
    ] = None,
    *,
    ring: Annotated[str | None, typer.Option("--ring", metavar="RING", help="Only this ring's events.")] = None,
    count: Annotated[int | None, typer.Option("--count", min=1, metavar="N", help="End after N events.")] = None,
    snapshot: Annotated[
        bool, typer.Option("--snapshot", help="Begin with each ring's match as it stands, then go on without a gap.")
    ] = False,
    json: output.Json = False,
) -> None:
    """Print events as they happen, a line each, until Ctrl-C.

    Waits for the suite while it is not running.
    """
    from services.cli.event_lines import HumanLines, JsonLines  # noqa: PLC0415  # start time: only here

    paths = Paths.from_environment()
    rings = _rings(paths, ring)
    frames = choose_frames(topics or [], ring=ring)
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    client = Client(paths, context)
    try:
        following = Tail(context, paths, frames)
        lines = JsonLines() if json else HumanLines(client)
        _follow(following, client, lines, joined=rings if snapshot else [], count=count)
    except KeyboardInterrupt:
        pass  # how a tail is ended
    finally:
        context.destroy(linger=0)


def _follow(following: Tail, client: Client, lines: "Lines", *, joined: list[str], count: int | None) -> None:
    following.wait_for_broker()
    start = join(following, client, joined)
    for taken in start.snapshots:
        lines.show_state(MATCH_STATE, taken.ring, taken.state)
    shown = 0
    while count is None or shown < count:
        delivery = following.next()
        if not start.is_known(delivery):
            lines.show(delivery)
            shown += 1


def _rings(paths: Paths, ring: str | None) -> list[str]:
    known = [r.name for r in in_force(paths).config.rings]
    if ring is not None and ring not in known:
        raise ValidationError("ring.unknown", f"There is no ring {ring}. Configured: {', '.join(known)}.", value=ring)
    return known if ring is None else [ring]
