"""The activation key for `restrike license activate` and `request`: asked for, on standard input, or an argument."""

import sys
from typing import Final

import typer

from services.cli.secret_input import on_stdin
from shared.errors import ValidationError
from shared.licensing.activation_key import parsed_key

MOST_BYTES: Final = 1_000
ON_STDIN: Final = "-"


def key_of(given: str | None) -> str:
    """The key, as it is written.

    Raises:
        ValidationError: there is none, or what was typed is none.
    """
    if given == ON_STDIN:
        return parsed_key(on_stdin(most_bytes=MOST_BYTES) or "")
    if given is not None:
        return parsed_key(given)
    if not sys.stdin.isatty():
        raise ValidationError(
            "license.no_key",
            "Give the activation key, or - and the key on standard input; in a terminal it is asked for.",
        )
    asked: str = typer.prompt("Activation key (it is not shown)", hide_input=True, err=True)
    return parsed_key(asked)
