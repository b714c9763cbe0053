"""What `restrike` says of arguments that cannot be: in its own words, not in those of the library that reads them."""

import re
from typing import Any, Final

import typer
from typer.core import TyperGroup

_NUMBERS: Final = (
    ("greater than or equal to ", "It must be {} or more."),
    ("less than or equal to ", "It must be {} or less."),
    ("greater than ", "It must be more than {}."),
    ("less than ", "It must be less than {}."),
)
_KINDS: Final = {"a valid integer": "It must be a whole number.", "a valid number": "It must be a number."}
_SHOULD: Final = re.compile(r"^Input should be ")


class Outermost(TyperGroup):
    """The group of all commands: what one of them refuses of its arguments is worded here."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = plain_words(error.message)
            raise


def plain_words(text: str) -> str:
    """`Input should be greater than or equal to 0.2` as `It must be 0.2 or more.`; what is ours stays."""
    said = text.removeprefix("Value error, ")
    wanted = _SHOULD.sub("", said)
    if wanted == said:
        return said
    for kind, sentence in _KINDS.items():
        if wanted.startswith(kind):
            return sentence
    for words, sentence in _NUMBERS:
        if wanted.startswith(words):
            return sentence.format(wanted.removeprefix(words))
    return f"It must be {wanted}."
