"""The activation key for `restrike license activate` and `request`: asked for, on standard input, or in the
environment; never an argument, which everybody on the machine can read.
"""

import os
import sys
from typing import Final

import typer

from services.cli.secret_input import on_stdin
from shared.errors import ValidationError
from shared.licensing.activation_key import parsed_key

MOST_BYTES: Final = 1_000
ON_STDIN: Final = "-"
VARIABLE: Final = "RESTRIKE_LICENSE_KEY"
NO_ARGUMENT: Final = (
    "an activation key is no argument, as others on this machine can read it: leave it out to be asked for it, or give"
    f" - and the key on standard input, or {VARIABLE} in the environment."
)


def key_of(given: str | None) -> str:
    """The key, as it is written.

    Raises:
        typer.BadParameter: it was given as an argument. It is not repeated.
        ValidationError: there is none, or what was typed is none.
    """
    if given == ON_STDIN:
        return parsed_key(on_stdin(most_bytes=MOST_BYTES) or "")
    if given is not None:
        raise typer.BadParameter(NO_ARGUMENT)
    if found := os.environ.get(VARIABLE):
        return parsed_key(found)
    if not sys.stdin.isatty():
        raise ValidationError(
            "license.no_key",
            f"Give - and the activation key on standard input, or {VARIABLE} in the environment; a terminal asks.",
        )
    asked: str = typer.prompt("Activation key (it is not shown)", hide_input=True, err=True)
    return parsed_key(asked)
