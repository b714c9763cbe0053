"""What the fields of tournaments and days may hold; db-writer. Everything here refuses with ValidationError."""

import re
import unicodedata
from datetime import date, timedelta
from typing import Final

from shared.errors import ValidationError
from shared.messages.tournaments import TournamentStatus

MOST_CHARACTERS: Final = 200
"""Of a name or a title: more fits on no scoreboard and no report."""
LONGEST_DAYS: Final = 60
"""From a tournament's first day to its last: more is a mistyped year."""
_NOC: Final = re.compile(r"[A-Z]{3}")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def text_of(said: str, *, what: str, is_needed: bool = False) -> str | None:
    """One line of text without padding; None where it is empty."""
    found = " ".join(said.split())
    if is_needed and not found:
        raise ValidationError("tournament.text", f"The {what} is empty; give one.")
    if len(found) > MOST_CHARACTERS or any(unicodedata.category(sign) in ("Cc", "Cs") for sign in found):
        sentence = f"The {what} has at most {MOST_CHARACTERS} characters, all of them printable."
        raise ValidationError("tournament.text", sentence, value=said[:MOST_CHARACTERS])
    return found or None


def name_of(said: str, *, what: str = "name") -> str:
    """A name, which may not be empty."""
    return text_of(said, what=what, is_needed=True) or ""


def noc_of(said: str) -> str | None:
    """A NOC in capitals; None where it is empty."""
    found = said.strip().upper()
    if found and not _NOC.fullmatch(found):
        raise ValidationError("tournament.noc", "A NOC has three letters, such as CRO.", value=said)
    return found or None


def date_of(said: str) -> date:
    """A date as yyyy-mm-dd."""
    try:
        if _DATE.fullmatch(said):
            return date.fromisoformat(said)
    except ValueError:  # there is no 30th of February
        pass
    raise ValidationError("tournament.date", "A date is written as yyyy-mm-dd and is in the calendar.", value=said)


def dates_between(first: date, last: date) -> list[date]:
    """Every date of a tournament."""
    days = (last - first).days + 1
    if days < 1:
        sentence = f"A tournament that starts on {first} cannot end on {last}; give a later end or an earlier start."
        raise ValidationError("tournament.dates", sentence)
    if days > LONGEST_DAYS:
        sentence = f"From {first} to {last} are {days} days; a tournament has at most {LONGEST_DAYS}."
        raise ValidationError("tournament.dates", sentence)
    return [first + timedelta(days=number) for number in range(days)]


def status_of(said: TournamentStatus) -> TournamentStatus:
    """A status that can be set; active is what activation makes it."""
    if said is TournamentStatus.ACTIVE:
        raise ValidationError("tournament.status", "What is active is chosen with: restrike tournament activate")
    return said
