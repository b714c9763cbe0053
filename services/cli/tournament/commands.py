"""`restrike tournament`: make, change, activate and show tournaments. What is stored is read without any service; what
changes is db-writer's, which need not run either.
"""

from pathlib import Path
from typing import Final

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.group import group
from services.cli.tournament import PURPOSE, assigning, days, options, shown
from services.cli.writer import ask
from shared.clock import utc_now_iso
from shared.errors import IoError, RestrikeError
from shared.messages.tournaments import ActivateDay, RemoveTournament, SaveTournament, Tournament
from shared.paths import Paths

MOST_LOGO_BYTES: Final = 1024 * 1024
"""db-writer refuses more; here only so that nobody sends a film."""

app = group("tournament", PURPOSE)
days.register(app)
assigning.register(app)


@app.command(name="list", epilog="Example: restrike tournament list")
def list_(*, json: output.Json = False) -> None:
    """List the tournaments, the latest first; the suite need not run."""
    from services.cli.tournament.stored import read_tournaments  # noqa: PLC0415  # loads SQLite, only here

    found = read_tournaments(Paths.from_environment().database)
    if json:
        output.document({"tournaments": found})
    elif not found:
        output.line("There is no tournament yet. Make one with: restrike tournament new NAME --from DATE --to DATE")
    else:
        output.line(output.table(shown.LIST, [shown.tournament_row(one) for one in found]))


@app.command(epilog="Example: restrike tournament show 'Croatia Open 2026' --date 2026-03-01")
def show(name: options.NameOrActive = None, *, date: options.ShownDate = None, json: output.Json = False) -> None:
    """Show a tournament with its days, or the matches of one day; the suite need not run."""
    from services.cli.tournament.stored import read_matches_of, read_tournament  # noqa: PLC0415  # loads SQLite

    path = Paths.from_environment().database
    found = read_tournament(path, name)
    date = date and shown.date_meant(found, date, utc_now_iso())
    matches = None if date is None else read_matches_of(path, found, date)
    if json:
        output.document({"tournament": found, "matches": matches})
    elif matches is None:
        output.line(shown.described(found))
    else:
        output.line(f"{found.tournament}, {date}, times of {found.time_zone}")
        output.line(shown.matches_table(matches, found.time_zone) if matches else "No match is drawn or stored.")


@app.command(epilog="Example: restrike tournament new 'Croatia Open 2026' --from 2026-03-01 --to 2026-03-02 --noc CRO")
def new(  # noqa: PLR0913  # a command has as many arguments as options
    name: options.Name,
    *,
    first: options.First = None,
    last: options.Last = None,
    zone: options.Zone = None,
    location: options.Location = None,
    noc: options.Noc = None,
    rules: options.Rules = None,
    logo: options.Logo = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Make a tournament, with a day for each date."""
    command = SaveTournament(
        tournament=name,
        author=author_of(author),
        is_new=True,
        location=location,
        noc=noc,
        starts_on=first,
        ends_on=last,
        time_zone=zone,
        rule_set=rules,
        logo=_logo(logo),
    )
    _tell(ask(command), "Made", json=json)


@app.command(epilog="Example: restrike tournament edit 'Croatia Open 2026' --to 2026-03-03")
def edit(  # noqa: PLR0913  # a command has as many arguments as options
    name: options.Name,
    *,
    rename: options.Rename = None,
    first: options.First = None,
    last: options.Last = None,
    zone: options.Zone = None,
    location: options.Location = None,
    noc: options.Noc = None,
    rules: options.Rules = None,
    logo: options.Logo = None,
    status: options.Status = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Change a tournament; an empty text takes a field away.

    After a change of dates, days outside them stay only if they have matches.
    """
    command = SaveTournament(
        tournament=name,
        author=author_of(author),
        rename=rename,
        location=location,
        noc=noc,
        starts_on=first,
        ends_on=last,
        time_zone=zone,
        rule_set=rules,
        logo=_logo(logo),
        status=status,
    )
    _tell(ask(command), "Changed", json=json)


@app.command(epilog="Example: restrike tournament remove 'Croatia Open 2026'")
def remove(name: options.Name, *, author: Author = None, json: output.Json = False) -> None:
    """Remove a tournament that no match belongs to, with its days and draws."""
    removed = ask(RemoveTournament(tournament=name, author=author_of(author)))
    if json:
        output.document({"removed": removed})
    else:
        output.line(f"Removed {removed.tournament}.")


@app.command(epilog="Example: restrike tournament activate 'Croatia Open 2026' --date today")
def activate(
    name: options.Name,
    *,
    date: options.ActiveDate = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Let new matches belong to a tournament, and judge all rings by its rule set."""
    found = ask(ActivateDay(author=author_of(author), tournament=name, date=date))
    rings, is_applied = _judge(found)
    if json:
        output.document({"tournament": found, "rule_set": found.rule_set, "rings": rings, "applied": is_applied})
        return
    output.line(f"{found.tournament}: {shown.active_sentence(found)}")
    warning = shown.without_day(found, utc_now_iso())
    if warning is not None:
        output.note(warning)
    if rings:
        when = "in force" if is_applied else "udp-ingest is not running; it is in force at its next start"
        output.line(f"Judged by {found.rule_set}: {', '.join(rings)}; {when}.")
    else:
        output.line("It has no rule set: the rings are judged as before. See restrike pss show.")


@app.command(epilog="Example: restrike tournament deactivate")
def deactivate(*, author: Author = None, json: output.Json = False) -> None:
    """Let new matches belong to no tournament. The rings' rule sets stay as they are."""
    found = ask(ActivateDay(author=author_of(author), tournament=None))
    if json:
        output.document({"tournament": found})
    else:
        output.line(f"{found.tournament} is no longer active ({found.status.value}).")


def _judge(found: Tournament) -> tuple[list[str], bool]:
    """Have all rings judged by the tournament's rule set, as `restrike pss set --all --rules` does."""
    if found.rule_set is None:
        return [], False
    from services.cli.pss_rings import change_rings  # noqa: PLC0415  # only who has a rule set needs it

    try:
        return change_rings(Paths.from_environment(), None, {"rules": found.rule_set})
    except RestrikeError as error:
        again = f"restrike pss set --all --rules {found.rule_set}"
        sentence = f"{found.tournament} is active, but its rule set is not: {error} Then: {again}"
        raise RestrikeError(error.code, sentence) from error


def _logo(path: Path | None) -> bytes | None:
    if path is None:
        return None
    if str(path) in ("", "."):  # an empty text takes it away
        return b""
    with path.open("rb") as file:
        content = file.read(MOST_LOGO_BYTES + 1)
    if not content:
        raise IoError("tournament.logo_empty", "The file of the logo is empty.", value=path)
    return content


def _tell(found: Tournament, done: str, *, json: bool) -> None:
    if json:
        output.document({"tournament": found})
        return
    output.line(f"{done} {found.tournament}.")
    output.line(shown.described(found))
