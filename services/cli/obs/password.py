"""The password of a connection: from a prompt, standard input or the environment; never an argument, never shown."""

import os
import sys
from typing import Final

import typer

from services.cli.secret_input import on_stdin
from shared.errors import ValidationError

VARIABLE: Final = "RESTRIKE_OBS_PASSWORD"
"""The environment variable that it may come in."""
MOST_BYTES: Final = 2_000
NONE: Final = ""
"""What takes a password away."""


def given(*, is_on_stdin: bool, is_none: bool, is_wanted: bool) -> str | None:
    """The password that was given, None if none was. `is_wanted`: take it from the environment, or ask for it.

    Raises ValidationError: what was given is no password.
    """
    in_environment = os.environ.pop(VARIABLE, None)  # popped, so that no process that is started has it
    if is_none and is_on_stdin:
        raise typer.BadParameter("a password is given, too.", param_hint="--no-password")
    if is_none:
        return NONE
    if is_on_stdin:
        return _read_stdin()
    if is_wanted and in_environment is not None:
        return _text(in_environment)
    if is_wanted and sys.stdin.isatty():
        sentence = "Password of OBS's websocket server (empty: it has none)"
        asked: str = typer.prompt(sentence, hide_input=True, default=NONE, show_default=False, err=True)
        return _text(asked)
    return None


def _read_stdin() -> str:
    text = on_stdin(most_bytes=MOST_BYTES)
    if text is None:
        raise _no_password()
    return text.removesuffix("\r")


def _text(given: str) -> str:
    """What was given, if it is text: an error further on would show it."""
    try:
        is_short = len(given.encode()) <= MOST_BYTES
    except UnicodeEncodeError:
        raise _no_password() from None
    if not is_short or "\n" in given:
        raise _no_password()
    return given


def _no_password() -> ValidationError:
    return ValidationError("obs.password", f"A password is one line of UTF-8, up to {MOST_BYTES} bytes.")
