"""`restrike match`: the matches as they stand now (asked from pss-parser) and as they are stored (read from the
database, which needs no service).
"""

from typing import TYPE_CHECKING, Annotated

import typer

from services.cli import output
from services.cli.group import group
from shared.messages.commands import GetMatchState, ListMatchStates
from shared.messages.match import Athlete, MatchState
from shared.paths import Paths
from shared.rpc import Client

if TYPE_CHECKING:
    from services.cli.stored_matches import StoredMatch, StoredSide

app = group("match", "The rings' matches now, and those stored so far.")
LIST_COLUMNS = (
    "ring",
    "match",
    "phase",
    "weight",
    "chong",
    "hong",
    "rounds",
    "declared winner",
    "decision",
    "loaded",
    "ended",
)
SIDES = {0: "tie", 1: "chong", 2: "hong"}


@app.command(epilog="Example: restrike match show ring-1")
def show(
    ring: Annotated[str | None, typer.Argument(metavar="RING", help="Name of a ring; all rings if left out.")] = None,
    *,
    json: output.Json = False,
) -> None:
    """Show the match of a ring as it stands."""
    client = Client(Paths.from_environment())
    states = client.call(ListMatchStates()).states if ring is None else [client.call(GetMatchState(ring=ring))]
    if json:
        output.document({"states": states})
    elif not states:
        output.line("No ring was heard yet. Point a scoring system at one of: restrike udp status")
    else:
        output.line("\n\n".join(_described(state) for state in states))


@app.command(name="list", epilog="Example: restrike match list --ring ring-1 --limit 5")
def list_(
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many, the latest first.")] = 20,
    ring: Annotated[str | None, typer.Option("--ring", metavar="RING", help="Only this ring's matches.")] = None,
    json: output.Json = False,
) -> None:
    """List the stored matches, the latest first.

    The winner is the one that the scoring system declared last; `rounds` counts the rounds declared for each side.
    """
    from services.cli.stored_matches import read_matches  # noqa: PLC0415  # loads SQLite, only here

    matches = read_matches(Paths.from_environment().database, limit=limit, ring=ring)
    if json:
        output.document({"matches": matches})
    elif not matches:
        output.line("No match is stored yet.")
    else:
        output.line(output.table(LIST_COLUMNS, [_row(match) for match in matches]))


def _described(state: MatchState) -> str:
    if state.match_id is None:
        return f"{state.ring}: no match is loaded."
    head = [f"match {state.match_number or '?'}", state.phase, state.weight_class, state.division]
    lines = [f"{state.ring}: {', '.join(word for word in head if word)}", f"  {_standing(state)}"]
    columns = ("", "athlete", "NOC", "score", "gam-jeoms", "rounds", "won")
    rows = [_side("chong", state.chong), _side("hong", state.hong)]
    lines += [f"  {text}" for text in output.table(columns, rows).splitlines()]
    if (result := _result(state)) is not None:
        lines.append(f"  {result}")
    return "\n".join(lines)


def _standing(state: MatchState) -> str:
    words = [state.stage.value.replace("_", " ") if state.stage else "loaded"]
    words.append(f"round {state.round or '?'}/{state.total_rounds or '?'}")
    words.append(f"clock {output.clock(state.clock_ms)}{' running' if state.clock_running else ''}")
    if state.break_ms is not None:
        words.append(f"break {output.clock(state.break_ms)}")
    if state.injury_ms is not None:
        words.append(f"injury {output.clock(state.injury_ms)} {SIDES.get(state.injury_athlete or -1, '')}".rstrip())
    if state.superiority is not None:
        words.append(f"superiority {SIDES.get(state.superiority, '?')}")
    return ", ".join(words)


def _side(name: str, athlete: Athlete) -> tuple[object, ...]:
    rounds = " ".join(str(score) for score in athlete.round_scores)
    who = athlete.long_name or athlete.short_name
    return (name, who, athlete.noc, athlete.score, athlete.gam_jeoms, rounds, athlete.rounds_won)


def _result(state: MatchState) -> str | None:
    if state.winner is None and state.decision is None:
        return None
    words = [f"declared winner: {SIDES.get(state.winner, '?') if state.winner is not None else '?'}"]
    if state.winner_name:
        words.append(state.winner_name)
    if state.rounds_chong is not None and state.rounds_hong is not None:
        words.append(f"{state.rounds_chong}-{state.rounds_hong}")
    return " ".join([*words, state.decision or ""]).rstrip()


def _row(match: "StoredMatch") -> tuple[object, ...]:
    return (
        match.ring,
        match.match_number,
        match.phase,
        match.weight_class,
        _who(match.chong),
        _who(match.hong),
        f"{match.chong.rounds_won}-{match.hong.rounds_won}",
        None if match.declared_winner is None else SIDES.get(match.declared_winner, match.declared_winner),
        match.declared_decision,
        output.local_date_time(match.first_loaded_at),
        output.local_date_time(match.ended_at),
    )


def _who(side: "StoredSide") -> str | None:
    return f"{side.short_name} {side.noc or ''}".rstrip() if side.short_name else None
