"""`restrike obs rules log`: what rules did, and what came of it; the suite need not run."""

from typing import Annotated, Any, Final

import typer

from services.cli import output
from services.cli.obs.rules.stored import read_firings
from services.cli.query.moments import window
from services.cli.query.tables import sheet
from shared.messages.automation import FiredAction, FiringOutcome
from shared.paths import Paths

HEADERS: Final = ("time", "rule", "event", "ring", "match", "round", "clock", "outcome", "ms")
_FAILED: Final = (FiringOutcome.PARTLY, FiringOutcome.FAILED, FiringOutcome.UNKNOWN)

Match = Annotated[str | None, typer.Option("--match", metavar="MATCH", help="Id or number of a match.")]
OfRule = Annotated[str | None, typer.Option("--rule", metavar="RULE", help="Only this rule.")]
Ring = Annotated[str | None, typer.Option("--ring", metavar="RING", help="Only this ring.")]
Failed = Annotated[bool, typer.Option("--failed", help="Only those of which something failed, or nobody knows.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="Not before: 2026-03-01T09:30, 09:30, 90m, 2h or 3d.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before: written as for --since.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000_000, metavar="N", help="How many at most.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike obs rules log --match 101 --failed")(log)


def log(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    match: Match = None,
    rule: OfRule = None,
    ring: Ring = None,
    failed: Failed = False,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    json: output.Json = False,
) -> None:
    """List what rules did, the newest first; ms is the time from the datagram to the first request to OBS."""
    said: dict[str, object] = {
        "? IN (f.match_key, m.match_number)": match,
        "f.rule = ?": rule,
        "f.ring = ?": ring,
    }
    conditions = {sql: value for sql, value in said.items() if value is not None}
    if failed:
        conditions[f"f.outcome IN ({', '.join(repr(one.value) for one in _FAILED)}) OR ?"] = 0
    found = read_firings(Paths.from_environment(), window(None, since, until), _bracketed(conditions), limit=limit)
    if json:
        output.document({"firings": found})
    elif not found:
        output.line("No rule has done such a thing.")
    else:
        output.line(sheet(HEADERS, [_row(one) for one in found], whole={0, 5, 6, 7, 8}))
        for sentence in dict.fromkeys(sentence for one in found for sentence in _failures(one)):
            output.line(output.one_line(sentence))
        if len(found) == limit:
            output.line(f"… at most {limit} are shown; more with --limit")


def _bracketed(conditions: dict[str, object]) -> dict[str, object]:
    return {f"({sql})": value for sql, value in conditions.items()}


def _place(done: FiredAction) -> str:
    return f" on {done.connection}" if done.connection is not None else ""


def _failures(one: dict[str, Any]) -> list[str]:
    failed = [done for done in one["actions"] if not done.ok]
    return [f"{one['rule']}: {done.action}{_place(done)}: {done.error}" for done in failed]


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    return (
        output.local_date_time(one["fired_at"]),
        one["rule"],
        one["happening"],
        one["ring"],
        one["match_number"] or one["match_id"],
        one["round"],
        None if one["clock_ms"] is None else output.clock(one["clock_ms"]),
        one["outcome"],
        None if one["latency_ms"] is None else f"{one['latency_ms']:.1f}",
    )
