"""`restrike match`: the matches as they stand now (asked from pss-parser) and as they are stored (read from the
database, which needs no service).
"""

from typing import Annotated

import typer

from services.cli import findings, match_edits, output
from services.cli.group import group
from services.cli.match_rows import COLUMNS, row_of
from services.cli.match_states import described
from services.cli.query.filters import Filters, Limit, asking
from services.cli.query.source import Source
from shared.errors import RestrikeError, ValidationError
from shared.messages.commands import GetMatchState, ListMatchStates
from shared.messages.match import MatchState
from shared.paths import Paths
from shared.rpc import Client

app = group("match", "The rings' matches now, and those stored so far.")
match_edits.register(app)
findings.register(app)


@app.command(epilog="Example: restrike match show ring-1")
def show(
    ring: Annotated[str | None, typer.Argument(metavar="RING", help="Name of a ring; all rings if left out.")] = None,
    *,
    json: output.Json = False,
) -> None:
    """Show the match of a ring as it stands."""
    client = Client(Paths.from_environment())
    states = client.call(ListMatchStates()).states if ring is None else [_state(client, ring)]
    if json:
        output.document({"states": states})
    elif not states:
        output.line("No ring was heard yet. Point a scoring system at one of: restrike udp status")
    else:
        output.line("\n\n".join(described(state) for state in states))


@app.command(name="list", epilog="Example: restrike match list --ring ring-1 --limit 5")
@asking("ring", "day", "tournament")
def list_(source: Source, filters: Filters, *, limit: Limit = 20, json: output.Json = False) -> None:
    """List the stored matches, the latest first.

    Winner and decision are those in force: edited, else declared; `result` says how sure they are. `rounds` counts the
    rounds declared for each side.
    """
    from services.cli.query.scope import scope_of  # noqa: PLC0415  # needed only here
    from services.cli.stored_matches import read_matches  # noqa: PLC0415  # as above

    matches = read_matches(source, scope_of(source, filters), limit=limit)
    if json:
        output.document({"matches": matches})
    elif not matches:
        output.line("No match is stored yet." if filters == Filters() else "No such match is stored.")
    else:
        output.line(output.table(COLUMNS, [row_of(match) for match in matches]))


def _state(client: Client, ring: str) -> MatchState:
    try:
        return client.call(GetMatchState(ring=ring))
    except RestrikeError as error:
        if error.code != "ring.unknown":
            raise
        stored = f"Stored matches: restrike match list, restrike match findings {ring}."
        raise ValidationError(error.code, f"{error.message} show takes a ring. {stored}") from error
