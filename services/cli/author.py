"""Who acts: the option that every command of an operator has, and the name that stands in the audit."""

import getpass
from typing import Annotated

import typer

from shared.errors import ValidationError

Author = Annotated[
    str | None, typer.Option("--author", metavar="NAME", help="Who; it is kept. The login name if left out.")
]


def author_of(given: str | None) -> str:
    """Who acts: the name given, else the login name.

    Raises:
        ValidationError: there is none.
    """
    if given is not None:
        return given
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:  # an account without a name
        raise ValidationError("author.unknown", "Nobody is logged in by name: give --author.") from error
