"""What a code given by an operator may be; db-writer."""

import re
from typing import Final

from shared.errors import ValidationError
from shared.flags.lookup import folded
from shared.flags.table import flag_codes

MOST_CHARACTERS: Final = 20
MOST_OF_NAME: Final = 80
_OWN: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{1,9}")


def sent_code(code: str) -> str:
    """A code that a scoring system may send, as it is compared. Raises ValidationError."""
    wanted = folded(code)
    if not wanted or len(wanted) > MOST_CHARACTERS or not wanted.isprintable():
        sentence = f"A scoring system's code has 1 to {MOST_CHARACTERS} characters, all of them visible."
        raise ValidationError("flag.code", sentence, value=code[:MOST_CHARACTERS])
    return wanted


def shown_code(code: str, country_name: str | None) -> tuple[str, str]:
    """The code that is shown and its name: of the table, or an operator's own with a name. Raises ValidationError."""
    wanted = folded(code)
    known = flag_codes().get(wanted)
    if not _OWN.fullmatch(wanted):
        sentence = "A code is made of 2 to 10 letters A to Z, digits or dashes."
        raise ValidationError("flag.code", sentence, value=code[:MOST_CHARACTERS])
    if country_name is not None and not (
        country_name.strip() and country_name.isprintable() and len(country_name) <= MOST_OF_NAME
    ):
        raise ValidationError("flag.name", f"A name is one line of up to {MOST_OF_NAME} characters.")
    if known is None and country_name is None:
        make = f"restrike flags map {wanted} {wanted} --name 'ITS NAME'"
        sentence = f"{wanted} is in no list; see restrike flags list, or make a code of your own: {make}."
        raise ValidationError("flag.unknown_code", sentence, value=wanted)
    if country_name is not None:
        return wanted, country_name.strip()
    assert known is not None  # noqa: S101 - see above
    return wanted, known.name
