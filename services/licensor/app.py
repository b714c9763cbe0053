"""`restrike-licensor`: what a vendor works with. Collects the commands, and turns every error into a sentence and a
code: 0 done, 1 refused or failed, 2 wrong usage.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_command

from services.licensor import output
from services.licensor.commands import changing, issuing, looking, reading, serving
from services.licensor.home import Home
from services.licensor.options import DEFAULT_HOME, HomeOption
from shared.db.sqlite import sqlite3
from shared.errors import RestrikeError

DEBUG: Final = "--debug"
_PURPOSE: Final = "The vendor's side of licences: keys, licences, and the server that activates them."

app = typer.Typer(
    name="restrike-licensor",
    help=_PURPOSE,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class _Keys(TyperGroup):
    """Loaded when it is asked for: what makes and opens keys takes long to load."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_keys().list_commands(ctx))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return _keys().get_command(ctx, cmd_name)


def _keys() -> Any:
    from services.licensor.commands import keys  # noqa: PLC0415  # see above

    return get_command(keys.app)


app.add_typer(
    typer.Typer(name="keys", help="Make, list, retire and publish the keys that sign.", cls=_Keys, no_args_is_help=True)
)


@app.callback()
def _licensor(
    context: typer.Context,
    *,
    home: HomeOption = Path(DEFAULT_HOME),
    _debug: Annotated[bool, typer.Option(DEBUG, help="Show a traceback when something fails.")] = False,
) -> None:
    context.obj = Home(home.expanduser().absolute())


_issue = 'restrike-licensor issue --customer "Taekwondo Union" --plan 12 --seats 2'
for command, name, example in (
    (issuing.issue, "issue", _issue),
    (looking.list_licenses, "list", "restrike-licensor list"),
    (looking.show, "show", "restrike-licensor show L-7K3QX2M0"),
    (changing.renew, "renew", "restrike-licensor renew L-7K3QX2M0 --plan 12"),
    (changing.change, "change", "restrike-licensor change L-7K3QX2M0 --seats 4"),
    (changing.revoke, "revoke", 'restrike-licensor revoke L-7K3QX2M0 --why "not paid"'),
    (changing.restore, "restore", "restrike-licensor restore L-7K3QX2M0"),
    (changing.rekey, "rekey", "restrike-licensor rekey L-7K3QX2M0"),
    (changing.release, "release", "restrike-licensor release L-7K3QX2M0 2"),
    (changing.sign, "sign", "restrike-licensor sign L-7K3QX2M0 --out union.license"),
    (reading.answer, "answer", "restrike-licensor answer request.json --out answer.license"),
    (reading.inspect, "inspect", "restrike-licensor inspect union.license"),
    (looking.audit, "audit", "restrike-licensor audit --last 20"),
    (serving.serve, "serve", "restrike-licensor serve --cert fullchain.pem --key privkey.pem"),
    (serving.backup, "backup", "restrike-licensor backup licensor-2026-11-22.tar"),
):
    app.command(name, epilog=f"Example: {example}")(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command line and leave the process."""
    os.umask(0o077)
    given = list(sys.argv[1:] if arguments is None else arguments)
    is_debug = DEBUG in given
    try:
        get_command(app)([word for word in given if word != DEBUG], prog_name="restrike-licensor")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (RestrikeError, sqlite3.Error, OSError) as error:
        if is_debug:
            traceback.print_exc()
        _tell(error, is_json="--json" in given)
        sys.exit(1)
    sys.exit(0)


def _tell(error: Exception, *, is_json: bool) -> None:
    """Say what went wrong: a sentence on standard error, and with --json the document that a program waits for."""
    code, sentence, value = "io.failed", f"{error}.", None
    if isinstance(error, RestrikeError):
        code, sentence, value = error.code, str(error), error.value
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        sentence, value = f"{place}{error.strerror or error}.", error.filename
    output.note(sentence)
    if is_json:
        shown = None if value is None else str(value)
        output.document({"error": {"code": code, "message": sentence, "value": shown}})
