"""`restrike config check`: what is wrong with a file."""

from pathlib import Path
from typing import Annotated

import typer

from services.cli import output
from shared.config.checking import faults_in
from shared.config.environment import PREFIX
from shared.errors import ConfigError
from shared.paths import Paths


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike config check restrike.json.new")(check)


def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="File to check; restrike.json if left out.")
    ] = None,
    *,
    json: output.Json = False,
) -> None:
    """Name everything that is wrong with a configuration file, and with RESTRIKE__… in the environment.

    Ends with 1 if anything is.
    """
    paths = Paths.from_environment()
    path = paths.config if file is None else file
    if file is not None and not path.exists():
        raise ConfigError("config.missing", f"There is no file {path}.")
    faults = faults_in(path, rules=paths.rules)
    if json:
        output.document({"file": path, "exists": path.exists(), "faults": faults})
    elif faults:
        tell_faults(paths, path, faults)
    else:
        output.line(f"{path}: {'sound' if path.exists() else 'no such file, so the defaults are in force'}.")
    if faults:
        raise typer.Exit(1)


def tell_faults(paths: Paths, path: Path, faults: list[str]) -> None:
    """Name each fault with the file that it is in, on standard error."""
    for fault in faults:
        output.note(fault if fault.startswith((str(paths.rules), PREFIX)) else f"{path}: {fault}")
