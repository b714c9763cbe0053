"""`restrike flags`: what it shows is read without any service; what changes is db-writer's, running or not."""

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.flags import PURPOSE, checking, exporting, options, scanning
from services.cli.flags.stored import lookup_in_force, mapping_history, picture_history, unknown_codes
from services.cli.group import group
from services.cli.writer import ask
from shared.flags.lookup import folded
from shared.flags.table import code_aliases, flag_codes
from shared.messages.flags import ClearFlag, FlagSource, MappingKind, RemoveFlagMapping, SaveFlagMapping, ShownFlag
from shared.paths import Paths

app = group("flags", PURPOSE)
LIST = ("code", "name", "status", "picture")
MAPPINGS = ("sent", "shown as", "name", "how")
NAME_WIDTH = 44


@app.command(name="list", epilog="Example: restrike flags list --tiles")
def list_(
    codes: options.Codes = None,
    *,
    own: options.OwnPictures = False,
    tiles: options.Tiles = False,
    json: output.Json = False,
) -> None:
    """List the codes with their names and pictures; the suite need not run."""
    lookup = lookup_in_force(Paths.from_environment())
    shown = [lookup.of(code) for code in codes or lookup.codes()]
    shown = [one for one in shown if (not own or one.source is FlagSource.OPERATOR) and (not tiles or one.is_tile)]
    if json:
        output.document({"flags": shown})
    elif not shown:
        output.line("There is none. A picture of your own: restrike flags recognize FILE --as CODE")
    else:
        output.line(
            output.table(LIST, [(one.code, one.name[:NAME_WIDTH], _status(one), _picture(one)) for one in shown])
        )


@app.command(epilog="Example: restrike flags mappings --unknown")
def mappings(
    codes: options.Codes = None,
    *,
    own: options.Own = False,
    unknown: options.Unknown = False,
    history: options.History = False,
    json: output.Json = False,
) -> None:
    """List what each code that a scoring system may send is shown as; the suite need not run."""
    paths = Paths.from_environment()
    if sum((own, unknown, history)) > 1:
        raise typer.BadParameter("give one of --own, --unknown and --history.")
    if history:
        _tell_history(paths, json=json)
        return
    lookup = lookup_in_force(paths)
    if unknown:
        _tell_unknown(paths, json=json)
        return
    shown = [lookup.of(code) for code in codes or sorted({*lookup.codes(), *code_aliases()})]
    shown = [one for one in shown if not own or one.kind is MappingKind.OPERATOR]
    if json:
        output.document({"mappings": shown})
    elif not shown:
        output.line("No mapping of your own. Make one with: restrike flags map PSS_CODE IOC_CODE")
    else:
        rows = [(one.code, one.ioc_code, one.name[:NAME_WIDTH], one.kind.value) for one in shown]
        output.line(output.table(MAPPINGS, rows))


@app.command(name="map", epilog="Example: restrike flags map RUS AIN --reason 'as the organiser asks'")
def map_(  # noqa: PLR0913  # a command has as many arguments as options
    pss_code: options.PssCode,
    ioc_code: options.IocCode,
    *,
    name: options.Name = None,
    reason: options.Reason = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Show whoever has one code with the name and picture of another."""
    command = SaveFlagMapping(
        pss_code=pss_code, ioc_code=ioc_code, author=author_of(author), country_name=name, reason=reason
    )
    _tell(ask(command), json=json)


@app.command(epilog="Example: restrike flags unmap RUS")
def unmap(
    pss_code: options.PssCode, *, reason: options.Reason = None, author: Author = None, json: output.Json = False
) -> None:
    """Take a mapping of your own back."""
    before = lookup_in_force(Paths.from_environment()).of(pss_code).ioc_code
    _tell(ask(RemoveFlagMapping(pss_code=pss_code, author=author_of(author), reason=reason)), json=json)
    if before is not None and before not in flag_codes() and before != folded(pss_code):
        output.note(
            f"{before} stays a code of your own, in all lists; take it away with: restrike flags unmap {before}"
        )


@app.command(epilog="Example: restrike flags clear TPE")
def clear(
    ioc_code: options.IocCode, *, reason: options.Reason = None, author: Author = None, json: output.Json = False
) -> None:
    """Take your own picture of a code away: what ships is shown again."""
    _tell(ask(ClearFlag(ioc_code=ioc_code, author=author_of(author), reason=reason)), json=json)


scanning.register(app)
exporting.register(app)
checking.register(app)


def _tell(shown: ShownFlag, *, json: bool) -> None:
    if json:
        output.document({"flag": shown})
    elif shown.ioc_code is None:
        output.line(f"{shown.code} is unknown now, and shown with a neutral tile.")
    else:
        output.line(f"{shown.code} is shown as {shown.ioc_code}, {shown.name}: {_picture(shown)}.")


def _tell_unknown(paths: Paths, *, json: bool) -> None:
    found = unknown_codes(paths.database, lookup_in_force(paths))
    if json:
        output.document({"unknown": found})
    elif not found:
        output.line("Every code that athletes came with is known.")
    else:
        rows = [(one.code, one.matches, output.local_date_time(one.last_seen)) for one in found]
        output.line(output.table(("sent", "matches", "last seen"), rows))
        output.line("They have a neutral tile. Give them a flag with: restrike flags map PSS_CODE IOC_CODE")


def _tell_history(paths: Paths, *, json: bool) -> None:
    changes, attempts = mapping_history(paths.database), picture_history(paths.database)
    if json:
        output.document({"mappings": changes, "pictures": attempts})
        return
    mapped = [
        (
            output.local_date_time(one.changed_at),
            one.pss_code,
            one.before,
            one.after or "(unmapped)",
            one.author,
            one.reason,
        )
        for one in changes
    ]
    output.line(output.table(("when", "sent", "before", "after", "who", "why"), mapped))
    taken = [
        (output.local_date_time(one.at), (one.filename or "")[-28:], one.code, one.method, one.outcome, one.author)
        for one in attempts
    ]
    output.line("")
    output.line(output.table(("when", "file", "code", "by", "outcome", "who"), taken))


def _status(shown: ShownFlag) -> str:
    known = flag_codes().get(folded(shown.code))
    if known is None:
        return "unknown" if shown.kind is MappingKind.UNKNOWN else "own code"
    return f"{known.standing.value}, now {known.stands_for}" if known.stands_for else known.standing.value


def _picture(shown: ShownFlag) -> str:
    if shown.source is FlagSource.OPERATOR:
        return "your own picture"
    return "neutral tile" if shown.is_tile else f"{shown.ioc_code}.svg"
