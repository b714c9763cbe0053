"""`restrike obs list`, `add`, `edit`, `remove`: connections as stored. db-writer stores them, running or not."""

import typer

from services.cli import output
from services.cli.author import Author, author_of
from services.cli.obs import options, password, shown
from services.cli.obs.bridge import statuses_if_running
from shared.errors import ValidationError
from shared.messages.obs import ObsConnection
from shared.messages.obs_commands import RemoveObsConnection, SaveObsConnection
from shared.paths import Paths

NOT_RUNNING = "obs-bridge is not running, so no state is known. Start the suite with: restrike up"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("list", epilog="Example: restrike obs list")(list_)
    app.command(epilog="Example: restrike obs add main --host 192.168.1.20 --map 'D:\\Rec=/mnt/rec'")(add)
    app.command(epilog="Example: restrike obs edit main --rings ring-1")(edit)
    app.command(epilog="Example: restrike obs remove main")(remove)


def list_(*, json: output.Json = False) -> None:
    """List the connections as they are stored, with their state while the suite runs."""
    from services.cli.obs.stored import read_connections  # noqa: PLC0415  # loads SQLite, only here

    paths = Paths.from_environment()
    found = read_connections(paths)
    statuses = statuses_if_running(paths)
    states = {one.connection: one for one in statuses.connections} if statuses else {}
    if json:
        output.document({"connections": [shown.entry(one, states.get(one.connection)) for one in found]})
        return
    if not found:
        output.line("There is no connection to OBS yet. Make one with: restrike obs add main")
        return
    output.line(shown.table(found, states))
    if statuses is None:
        output.note(NOT_RUNNING)


def add(  # noqa: PLR0913  # a command has as many arguments as options
    name: options.Name,
    *,
    host: options.Host = None,
    port: options.Port = None,
    roles: options.Roles = None,
    rings: options.Rings = None,
    maps: options.PathMap = None,
    password_stdin: options.PasswordStdin = False,
    no_password: options.NoPassword = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Make a connection; it has all roles, serves all rings and records matches unless you say otherwise.

    The password is asked for, or comes by --password-stdin or the environment variable RESTRIKE_OBS_PASSWORD: what
    stands on a command line can be read by everybody on the machine.
    """
    command = SaveObsConnection(
        connection=name,
        author=author_of(author),
        is_new=True,
        host=host,
        port=port,
        roles=options.roles(roles),
        rings=options.rings(rings),
        path_map=options.path_map(maps),
        password=password.given(is_on_stdin=password_stdin, is_none=no_password, is_wanted=True),
    )
    _tell(_save(command), "Made", json=json)
    if not json:
        output.line(f"See whether OBS can do its work: restrike obs test {output.one_line(name)}")


def edit(  # noqa: PLR0913  # a command has as many arguments as options
    name: options.Name,
    *,
    rename: options.Rename = None,
    host: options.Host = None,
    port: options.Port = None,
    roles: options.Roles = None,
    rings: options.Rings = None,
    maps: options.PathMap = None,
    ask_password: options.AskPassword = False,
    password_stdin: options.PasswordStdin = False,
    no_password: options.NoPassword = False,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Change a connection; what is not named stays. --map replaces all folders that were mapped before.

    With --password a new password is asked for, or taken from RESTRIKE_OBS_PASSWORD; or it comes by --password-stdin.
    """
    new = password.given(is_on_stdin=password_stdin, is_none=no_password, is_wanted=ask_password)
    if ask_password and new is None:
        sentence = f"There is no terminal to ask on: give the password by --password-stdin, or set {password.VARIABLE}."
        raise ValidationError("obs.no_password", sentence)
    command = SaveObsConnection(
        connection=name,
        author=author_of(author),
        rename=rename,
        host=host,
        port=port,
        roles=options.roles(roles),
        rings=options.rings(rings),
        path_map=options.path_map(maps),
        password=new,
    )
    if command == SaveObsConnection(connection=name, author=command.author):
        raise ValidationError("obs.nothing", "Name something to change, such as --host or --rings.")
    _tell(_save(command), "Changed", json=json)


def remove(name: options.Name, *, author: Author = None, json: output.Json = False) -> None:
    """Remove a connection; what was recorded through it stays in the database."""
    from services.cli.writer import ask  # noqa: PLC0415  # start time: only here

    removed = ask(RemoveObsConnection(connection=name, author=author_of(author)))
    if json:
        output.document({"removed": removed})
    else:
        output.line(f"Removed {output.one_line(removed.connection)}. What was recorded through it stays.")


def _save(command: SaveObsConnection) -> ObsConnection:
    from services.cli.writer import ask  # noqa: PLC0415  # start time: only here

    return ask(command)


def _tell(found: ObsConnection, done: str, *, json: bool) -> None:
    if json:
        output.document({"connection": found})
        return
    output.line(f"{done} {output.one_line(found.connection)}.")
    output.line(shown.described(found))
