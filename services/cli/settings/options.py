"""The arguments and options that commands of `restrike settings` share, as typer reads them."""

from typing import Annotated

import typer

KeyName = Annotated[str, typer.Argument(metavar="KEY", help="Name of the setting, such as udp.clients_kept.")]
Reason = Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")]
