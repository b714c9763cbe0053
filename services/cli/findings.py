"""`restrike match findings`: what did not add up, read from the database; the suite need not run."""

from typing import Annotated

import typer

from services.cli import output
from shared.messages.match import Severity
from shared.paths import Paths

COLUMNS = ("time", "severity", "rule", "ring", "match", "entry", "explanation")

Match = Annotated[
    str | None,
    typer.Argument(metavar="MATCH|RING", help="Id or number of a match, or a ring; all if left out."),
]
AtLeast = Annotated[Severity, typer.Option("--severity", help="Only what matters at least that much.")]
Rule = Annotated[str | None, typer.Option("--rule", metavar="NAME", help="Only what breaks this rule.")]
Ring = Annotated[str | None, typer.Option("--ring", metavar="RING", help="Only this ring's.")]
Limit = Annotated[int, typer.Option("--limit", min=1, metavar="N", help="How many, the latest first.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike match findings 101 --severity warning")(findings)


def findings(  # noqa: PLR0913  # a command has as many arguments as options
    match: Match = None,
    *,
    ring: Ring = None,
    severity: AtLeast = Severity.INFORMATION,
    rule: Rule = None,
    limit: Limit = 50,
    json: output.Json = False,
) -> None:
    """List what did not add up, the latest first.

    The entry is the one of the ring's journal that showed it; `--json` adds the evidence.
    """
    from services.cli.stored_findings import Wanted, read_findings  # noqa: PLC0415  # loads SQLite, only here

    paths = Paths.from_environment()
    found = read_findings(paths.database, Wanted(severity=severity, limit=limit, of=match, ring=ring, rule=rule))
    if ring is not None and not found:
        _check_ring(paths, ring, match=match)
    if json:
        output.document({"findings": found})
    elif not found:
        output.line(_nothing(paths, rule))
    else:
        rows = [
            (
                output.local_date_time(one.found_at),
                one.severity,
                one.rule,
                one.ring,
                one.match_number or one.match_id,
                one.entry,
                one.explanation,
            )
            for one in found
        ]
        output.line(output.table(COLUMNS, rows))


def _check_ring(paths: Paths, ring: str, *, match: str | None) -> None:
    from services.cli.known_rings import check_ring, known_rings  # noqa: PLC0415  # loads SQLite, only here

    check_ring(paths, ring)
    if match is not None and match != ring and match in known_rings(paths):
        raise typer.BadParameter(f"{match} is a ring, too: name one.", param_hint="--ring")


def _nothing(paths: Paths, rule: str | None) -> str:
    from services.cli.stored_findings import stored_rules  # noqa: PLC0415  # loads SQLite, only here

    stored = stored_rules(paths.database) if rule is not None else []
    if rule is None or rule in stored:
        return "Nothing was found."
    return f"No finding of rule {rule} is stored; rules stored: {', '.join(stored) or 'none'}. See docs/findings.md."
