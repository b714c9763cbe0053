"""`restrike tournament assign`: stored matches put into a day by hand."""

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.tournament import options, shown
from services.cli.writer import ask
from shared.clock import utc_now_iso
from shared.messages.tournaments import AssignMatches
from shared.paths import Paths


def register(parent: typer.Typer) -> None:
    """Add the command."""
    parent.command(epilog="Example: restrike tournament assign ring-1.1f2e3d4c.812 --date 2026-03-01")(assign)


def assign(  # noqa: PLR0913  # a command has as many arguments as options
    matches: options.Matches,
    *,
    date: options.AssignedDate = None,
    tournament: options.Tournament = None,
    none: options.NoDay = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Put stored matches into a day of a tournament, or into none; all of them or none of them."""
    from services.cli.tournament.stored import read_tournament  # noqa: PLC0415  # loads SQLite, only here

    if none and (date or tournament):
        raise typer.BadParameter("it is without --date and --tournament.", param_hint="--none")
    name = None
    if not none:
        found = read_tournament(Paths.from_environment().database, tournament)
        name, date = found.tournament, date and shown.date_meant(found, date, utc_now_iso())
    done = ask(AssignMatches(author=author_of(author), match_ids=matches, tournament=name, date=date))
    if json:
        output.document({"tournament": name, "date": date, "matches": done.matches})
        return
    where = "no tournament" if name is None else f"{name}, {date or 'each on its own date'}"
    output.line(f"{done.matches} of {len(set(matches))} matches moved to {where}.")
