"""`restrike config keys`: keys for endpoints beyond loopback."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from services.cli import output
from shared.paths import Paths

if TYPE_CHECKING:
    from services.cli.keys import MadeKeys


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: restrike config keys --client scoreboard")(keys)


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
