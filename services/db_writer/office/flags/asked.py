"""Answers which flag a code has, for whoever shows athletes; db-writer."""

from pathlib import Path
from typing import Final

from services.db_writer.office.desk import Desk
from shared.errors import IoError, ValidationError
from shared.flags.stored import read_lookup
from shared.messages.flags import FlagPicture, GetFlagPicture, GetFlags, ShownFlags

MOST_CODES: Final = 500
"""In one question: more than there are countries, and an answer of about 200 KiB."""
MOST_CHARACTERS: Final = 40
_STORED: Final = """
SELECT picture FROM flags WHERE ioc_code = ? AND is_shown = 1 AND source = ? AND checksum = ? AND picture IS NOT NULL
"""


def flags_of(desk: Desk, command: GetFlags) -> ShownFlags:
    """What codes are shown with; every known one if none is named.

    Raises:
        ValidationError: too many codes, or one is too long.
    """
    if len(command.codes) > MOST_CODES:
        raise ValidationError("flag.too_many", f"Ask for at most {MOST_CODES} codes at once.", value=len(command.codes))
    long = next((code for code in command.codes if len(code) > MOST_CHARACTERS), None)
    if long is not None:
        sentence = f"A code has at most {MOST_CHARACTERS} characters."
        raise ValidationError("flag.code", sentence, value=long[:MOST_CHARACTERS])
    lookup = read_lookup(desk.connection, desk.paths)
    return ShownFlags(flags=tuple(lookup.of(code) for code in command.codes or lookup.codes()))


def picture_of(desk: Desk, command: GetFlagPicture) -> FlagPicture:
    """The bytes of the picture that a code is shown with. Those of an operator's own are in the database: its file may
    be lost, or somebody changed it.

    Raises:
        IoError: the file of one that ships is gone.
        ValidationError: the code is too long.
    """
    (shown,) = flags_of(desk, GetFlags(codes=(command.code,))).flags
    row = desk.connection.execute(_STORED, (shown.ioc_code, shown.source.value, shown.checksum)).fetchone()
    try:
        content = Path(shown.file).read_bytes() if row is None else row[0]
    except OSError as error:
        sentence = f"{shown.file} cannot be read; see restrike flags check."
        raise IoError("flag.file", sentence, value=shown.code) from error
    return FlagPicture(media_type=shown.media_type, checksum=shown.checksum, content=content)
