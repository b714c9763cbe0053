"""What the commands of `restrike-licensor` share: where the home is, who acts, what the time is."""

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.licensor.home import DEFAULT, Home
from services.licensor.passphrases import Passphrase
from shared.clock import unix_ns, unix_us
from shared.errors import ValidationError
from shared.licensing.features import FEATURES
from shared.licensing.statements import Plan

HomeOption = Annotated[
    Path, typer.Option("--home", envvar="RESTRIKE_LICENSOR_HOME", help="The folder of keys and books.")
]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="The file with the private key's passphrase; it is asked for otherwise.")
]
LicenseId = Annotated[str, typer.Argument(metavar="LICENCE", help="Its id, as in: restrike-licensor list")]
Out = Annotated[Path | None, typer.Option(help="Write the text to this new file, not to the terminal.")]
Days = Annotated[int | None, typer.Option(help="For how many days a trial is (30).")]
DEFAULT_HOME = str(DEFAULT)
YEARS = range(2020, 2101)
"""What a vendor may mean by a date; with all that is counted from there, a calendar has it."""


def plan_of(text: str | Plan) -> Plan:
    """The plan of that name."""
    if text not in set(Plan):
        raise typer.BadParameter(f"there is no plan {text}; there are {', '.join(Plan)}")
    return Plan(text)


def home_of(context: typer.Context) -> Home:
    """The home that this command line is about."""
    found = context.find_object(Home)
    if found is None:
        raise RuntimeError("the command line has no home")
    return found


def who() -> str:
    """Who acts: the login name."""
    try:
        return f"{getpass.getuser()} (by hand)"
    except (OSError, KeyError):  # an account without a name
        return "somebody (by hand)"


def now() -> int:
    """The time, in Unix seconds."""
    return unix_ns() // 1_000_000_000


def passphrase_of(file: Path | None) -> Passphrase:
    """The passphrase as it was given."""
    return Passphrase(file.expanduser() if file else None)


def time_of(text: str) -> int:
    """The Unix seconds of a date, or of a date and time (UTC).

    Raises:
        ValidationError: it is neither, or of no year that can be meant.
    """
    try:
        at = unix_us(text) // 1_000_000
        year = datetime.fromtimestamp(at, tz=UTC).year
    except ValueError as error:
        raise ValidationError("date.malformed", "Give a date as 2026-12-31 (UTC).", value=text) from error
    if year not in YEARS:
        sentence = f"Give a date from {YEARS[0]} to {YEARS[-1]}."
        raise ValidationError("date.malformed", sentence, value=text)
    return at


def features_of(text: str | None) -> tuple[str, ...]:
    """Names with commas between them, in the order of the list; None: all of them."""
    if text is None:
        return tuple(FEATURES)
    named = [name.strip() for name in text.split(",") if name.strip()]
    strange = [name for name in named if name not in FEATURES]
    if strange:
        raise typer.BadParameter(f"there is no feature {strange[0]}; there are {', '.join(FEATURES)}")
    return tuple(name for name in FEATURES if name in named)
