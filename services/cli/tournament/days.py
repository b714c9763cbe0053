"""`restrike tournament days`, `day add`, `day edit`."""

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.group import group
from services.cli.tournament import options, shown
from services.cli.writer import ask
from shared.errors import ValidationError
from shared.messages.tournaments import SaveDay, Tournament
from shared.paths import Paths

app = group("day", "One day of a tournament.")


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.command(epilog="Example: restrike tournament days 'Croatia Open 2026'")(days)
    parent.add_typer(app)


def days(name: options.NameOrActive = None, *, json: output.Json = False) -> None:
    """List the days of a tournament; the suite need not run."""
    from services.cli.tournament.stored import read_tournament  # noqa: PLC0415  # loads SQLite, only here

    found = read_tournament(Paths.from_environment().database, name)
    if json:
        output.document({"tournament": found.tournament, "days": found.days})
    else:
        output.line(shown.days_table(found))


@app.command(epilog="Example: restrike tournament day add 'Croatia Open 2026' 2026-02-28 --title 'Kyorugi, cadets'")
def add(
    name: options.Name,
    date: options.DayDate,
    *,
    title: options.Title = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Add a day.

    The tournament's dates grow with it, and its days are numbered by date.
    """
    command = SaveDay(tournament=name, date=date, author=author_of(author), title=title, is_new=True)
    _tell(ask(command), json=json)


@app.command(epilog="Example: restrike tournament day edit 'Croatia Open 2026' 2026-03-01 --title Finals")
def edit(  # noqa: PLR0913  # a command has as many arguments as options
    name: options.Name,
    date: options.DayDate,
    *,
    title: options.Title = None,
    status: options.Status = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Change a day; an empty title takes it away."""
    if title is None and status is None:
        raise ValidationError("tournament.nothing", "Name something to change: --title or --status.")
    command = SaveDay(tournament=name, date=date, author=author_of(author), title=title, status=status, is_new=False)
    _tell(ask(command), json=json)


def _tell(found: Tournament, *, json: bool) -> None:
    if json:
        output.document({"tournament": found})
    else:
        output.line(f"{found.tournament}, {found.starts_on} to {found.ends_on}")
        output.line(shown.days_table(found))
