"""`restrike config`: what is in force, what is wrong with a file, and keys for endpoints beyond loopback."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from services.cli import output
from services.cli.group import group
from shared.config import load
from shared.errors import ConfigError
from shared.paths import Paths

if TYPE_CHECKING:
    from services.cli.keys import MadeKeys

app = group("config", "The configuration file restrike.json.")


@app.command(epilog="Example: restrike config show")
def show(*, json: output.Json = False) -> None:
    """Show the configuration in force, defaults included."""
    path = Paths.from_environment().config
    config = load(path)
    if json:
        output.document({"file": path, "exists": path.exists(), "config": config})
        return
    output.line(f"{path}{'' if path.exists() else ' (no such file: all is default)'}")
    output.document(config)


@app.command(epilog="Example: restrike config check restrike.json.new")
def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="File to check; the one in force if left out.")
    ] = None,
    *,
    json: output.Json = False,
) -> None:
    """Name everything that is wrong with a configuration file.

    Ends with 1 if anything is.
    """
    from services.cli.config_faults import faults_in  # noqa: PLC0415  # start time: only here

    paths = Paths.from_environment()
    path = paths.config if file is None else file
    if file is not None and not path.exists():
        raise ConfigError("config.missing", f"There is no file {path}.")
    faults = faults_in(path, rules=paths.rules)
    if json:
        output.document({"file": path, "exists": path.exists(), "faults": faults})
    elif faults:
        for fault in faults:
            output.note(fault if fault.startswith(str(paths.rules)) else f"{path}: {fault}")
    else:
        output.line(f"{path}: {'sound' if path.exists() else 'no such file, so the defaults are in force'}.")
    if faults:
        raise typer.Exit(1)


@app.command(epilog="Example: restrike config keys --client scoreboard")
def keys(
    *,
    client: Annotated[
        str, typer.Option("--client", metavar="NAME", help="The program or machine that the client keys are for.")
    ] = "client-1",
    json: output.Json = False,
) -> None:
    """Make keys, so that other machines may connect.

    A pair for the suite, unless it has one, and a pair for a client.

    Secret keys are written into files that only you can read, and never shown.
    """
    from services.cli.keys import make_keys  # noqa: PLC0415  # start time: only here

    made = make_keys(Paths.from_environment().home / "keys", client=client)
    if json:
        output.document(made)
        return
    output.line(f"{'Made' if made.is_new_server else 'Kept'} the suite's keys, made those of {client}:")
    for path in (made.server_secret_file, made.server_public_file, made.client_secret_file, made.client_public_file):
        output.line(f"  {path}")
    output.line(f"Put this into restrike.json, beside the clients that it names already ({made.config_file}):")
    output.line(_snippet(made))
    output.line(f"{client} needs both its files, and the suite's public key: {made.server_public_key}")


def _snippet(made: "MadeKeys") -> str:
    curve = {"secret_key_file": str(made.server_secret_file), "clients": {made.client: made.client_public_key}}
    return msgspec.json.format(msgspec.json.encode({"bus": {"curve": curve}}), indent=2).decode()
