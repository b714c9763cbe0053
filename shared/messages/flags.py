"""Flags: which picture a code is shown with, and what operators change about that."""

import enum

from msgspec import Struct

from shared.messages.requests import Command
from shared.messages.service import WRITER


class FlagSource(enum.StrEnum):
    """Where a picture comes from: it ships with the program, or an operator supplied it."""

    PRODUCT = "product"
    OPERATOR = "operator"


class MappingKind(enum.StrEnum):
    """How a code is known: by itself, as an old variant, from another list, by an operator, or not at all."""

    CODE = "code"
    VARIANT = "variant"
    ALIAS = "alias"
    OPERATOR = "operator"
    UNKNOWN = "unknown"


class ShownFlag(Struct, frozen=True, kw_only=True):
    """What `code` (as a scoring system sends it) is shown with. `ioc_code` is missing for an unknown one.

    `file` is a path on the suite's machine. `is_tile` tells a neutral tile; `checksum` is the SHA-256 of the picture,
    so that what was fetched once need not be fetched again.
    """

    code: str
    ioc_code: str | None
    name: str
    kind: MappingKind
    source: FlagSource
    is_tile: bool
    file: str
    media_type: str
    checksum: str


class ShownFlags(Struct, frozen=True, kw_only=True):
    """An answer for each code, in the order in which they were asked for."""

    flags: tuple[ShownFlag, ...]


class GetFlags(Command[ShownFlags], frozen=True, kw_only=True):
    """What codes are shown with: country or team, and picture. An unknown code is answered with a neutral tile.

    Ask again after `flags.changed`. At most 500 codes at once; none at all means every code that is known.
    """

    name = "get_flags"
    service = WRITER
    reply = ShownFlags
    codes: tuple[str, ...] = ()


class FlagPicture(Struct, frozen=True, kw_only=True):
    """A picture's bytes."""

    media_type: str
    checksum: str
    content: bytes


class GetFlagPicture(Command[FlagPicture], frozen=True, kw_only=True):
    """The picture that a code is shown with, for whoever cannot read the suite's files."""

    name = "get_flag_picture"
    service = WRITER
    reply = FlagPicture
    code: str


class FlagsChanged(Struct, frozen=True, kw_only=True):
    """`flags.changed/db-writer/`: these codes may be shown otherwise from now on; ask again."""

    codes: tuple[str, ...]
    author: str


class SaveFlagMapping(Command[ShownFlag], frozen=True, kw_only=True):
    """Show whoever has `pss_code` as `ioc_code`. A code that is in no list needs a `country_name`."""

    name = "save_flag_mapping"
    service = WRITER
    reply = ShownFlag
    pss_code: str
    ioc_code: str
    author: str
    country_name: str | None = None
    reason: str | None = None


class RemoveFlagMapping(Command[ShownFlag], frozen=True, kw_only=True):
    """Take an operator's mapping back: the code means again what it means to the program."""

    name = "remove_flag_mapping"
    service = WRITER
    reply = ShownFlag
    pss_code: str
    author: str
    reason: str | None = None


class TakeOutcome(enum.StrEnum):
    """What became of a picture.

    `shown`: from now on; `unchanged`: it was known and stays as it is; `kept`: an operator's choice stands before it,
    or another picture that was recognized as surely; `unsure`: it waits for a person, who says what it is; `unknown`:
    nothing says what it is; `refused`: it is no harmless picture, or what it is said to be is no code.
    """

    SHOWN = "shown"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    UNSURE = "unsure"
    UNKNOWN = "unknown"
    REFUSED = "refused"


class FlagTaken(Struct, frozen=True, kw_only=True):
    """What became of a picture that was given."""

    filename: str
    outcome: TakeOutcome
    ioc_code: str | None
    checksum: str
    message: str


class FlagsTaken(Struct, frozen=True, kw_only=True):
    """What became of each picture, in the order in which they were given."""

    taken: tuple[FlagTaken, ...]


class GivenFlag(Struct, frozen=True, kw_only=True):
    """A picture (SVG or PNG, up to 768 KiB).

    With `is_chosen` a person says that it is `ioc_code`. Otherwise it was recognized so, by `method`, with `confidence`
    from 0 to 1: that never stands before what a person chose.
    """

    filename: str
    content: bytes
    ioc_code: str | None = None
    method: str | None = None
    confidence: float = 0.0
    is_chosen: bool = False
    modified_at: str | None = None


class RefusedFlag(Struct, frozen=True, kw_only=True):
    """A file that was refused before it was given, and why: it is kept in the history."""

    filename: str
    reason: str


class TakeFlags(Command[FlagsTaken], frozen=True, kw_only=True):
    """Take pictures into the house, and show them where nothing stands before them. At most 20 at once.

    `refused` are files that could not be given, at most 200. With `is_dry_run` all is done and taken back: the answer
    says what would become of each, and nothing is changed.
    """

    name = "take_flags"
    service = WRITER
    reply = FlagsTaken
    deadline_s = 10.0
    pictures: tuple[GivenFlag, ...]
    author: str
    reason: str | None = None
    refused: tuple[RefusedFlag, ...] = ()
    is_dry_run: bool = False


class ClearFlag(Command[ShownFlag], frozen=True, kw_only=True):
    """Take away the operator's pictures of a code: what ships is shown again."""

    name = "clear_flag"
    service = WRITER
    reply = ShownFlag
    ioc_code: str
    author: str
    reason: str | None = None
