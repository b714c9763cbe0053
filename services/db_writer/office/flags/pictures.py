"""Operators' own pictures of flags: taken, shown, and taken away again; db-writer, or `once` without it.

What a person chose stands before what was recognized, and what was recognized more surely before what was less so.
"""

import hashlib
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from services.db_writer.office.desk import Act, Desk, check_who
from services.db_writer.office.flags.codes import shown_code
from services.db_writer.office.flags.files import file_path_of, write_picture
from services.db_writer.office.flags.rows import (
    StoredFlag,
    find_copy,
    find_shown,
    hide_all,
    keep_attempt,
    link_athletes,
    product_row,
    show_product,
)
from shared.clock import utc_now_iso
from shared.errors import IoError, ValidationError
from shared.flags.pictures import media_type
from shared.flags.recognition import SURE
from shared.flags.stored import own_picture_file, read_lookup
from shared.flags.table import flag_codes
from shared.messages.flags import (
    ClearFlag,
    FlagsChanged,
    FlagsTaken,
    FlagTaken,
    GivenFlag,
    ShownFlag,
    TakeFlags,
    TakeOutcome,
)
from shared.messages.topics import FLAGS_CHANGED

if TYPE_CHECKING:
    from shared.db.sqlite import sqlite3

MOST_AT_ONCE: Final = 20
"""Together some hundredths of a second of looking and writing, during which nothing else is stored; of the largest PNG
that there may be, less than a second."""
MOST_REFUSED: Final = 200
"""Files that could not be given, named in one go."""
MOST_OF_NAME: Final = 200
MOST_OF_REASON: Final = 300
_CHOSEN: Final = "custom"
_STATUS: Final = {TakeOutcome.UNKNOWN: "unknown", TakeOutcome.UNSURE: "pending", TakeOutcome.KEPT: "pending"}
_INSERT: Final = """
INSERT INTO flags (filename, ioc_code, country_name, recognition_status, recognition_confidence, upload_date,
    last_modified, file_size, file_path, is_recognized, checksum, source, is_shown, media_type, picture, created_at,
    updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'operator', ?, ?, ?, ?, ?)
"""
_OWN_NAME: Final = "SELECT country_name FROM flag_mappings WHERE ioc_code = ? AND is_custom = 1 ORDER BY id LIMIT 1"
_UPDATE: Final = """
UPDATE flags SET filename = ?, ioc_code = ?, country_name = ?, recognition_status = ?, recognition_confidence = ?,
    upload_date = ?, last_modified = ?, file_size = ?, file_path = ?, is_recognized = ?, checksum = ?, is_shown = ?,
    media_type = ?, picture = ?, updated_at = ?, cleared_at = iif(?, NULL, cleared_at) WHERE id = ?
"""
_CLEAR: Final = "UPDATE flags SET cleared_at = ? WHERE id = ?"
"""It was a choice, too: only another one shows this picture again."""


class _Given(Struct, frozen=True, kw_only=True):
    """A picture that was looked at."""

    picture: GivenFlag
    author: str
    code: str | None
    name: str | None
    media_type: str
    checksum: str


class _Taking(Struct, kw_only=True):
    """Pictures being taken, within one transaction; at a dry run it is taken back, and no file is written."""

    desk: Desk
    connection: Any
    author: str
    is_dry_run: bool
    replaced: list[StoredFlag] = []


def take_flags(desk: Desk, command: TakeFlags) -> FlagsTaken:
    """Take pictures, and show those that nothing stands before; one that is refused does not keep the others waiting.

    Raises:
        ValidationError: too many at once.
        IoError: a file could not be written; nothing was changed.
    """
    if command.is_dry_run:
        return _rehearsed(desk, command)
    act = Act(author=command.author, action="flag.take", target=_target(command), reason=command.reason)
    with desk.acting(act) as connection:
        taking = _Taking(desk=desk, connection=connection, author=command.author, is_dry_run=False)
        taken = _take_all(taking, command)
        refused = [[_name(one.filename), None, TakeOutcome.REFUSED.value] for one in command.refused]
        act.details = {"pictures": [[one.filename, one.ioc_code, one.outcome.value] for one in taken] + refused}
    for flag in taking.replaced:
        _remove_unused(desk, flag)
    shown = tuple(one.ioc_code for one in taken if one.outcome is TakeOutcome.SHOWN and one.ioc_code is not None)
    if shown:
        desk.publish(FLAGS_CHANGED, FlagsChanged(codes=shown, author=command.author))
    return FlagsTaken(taken=taken)


def _rehearsed(desk: Desk, command: TakeFlags) -> FlagsTaken:
    """What would become of them, by doing it and taking it back: of one part it cannot say other than what is done. The
    next part does not see it, so who gives several has those of one code in one.
    """
    check_who(command.author, command.reason)
    with desk.changing() as connection:
        connection.execute("SAVEPOINT rehearsal")
        taking = _Taking(desk=desk, connection=connection, author=command.author, is_dry_run=True)
        taken = _take_all(taking, command)
        connection.execute("ROLLBACK TO rehearsal")
    return FlagsTaken(taken=taken)


def _target(command: TakeFlags) -> str:
    names = [one.ioc_code or one.filename for one in command.pictures] + [one.filename for one in command.refused]
    return names[0][:40] if len(names) == 1 else f"{len(names)} pictures"


def _name(filename: str) -> str:
    """Its path from the folder that was scanned; of a long one the end, where the file's own name is."""
    return filename[-MOST_OF_NAME:]


def _take_all(taking: _Taking, command: TakeFlags) -> tuple[FlagTaken, ...]:
    if len(command.pictures) > MOST_AT_ONCE:
        raise ValidationError("flag.too_many", f"Give at most {MOST_AT_ONCE} pictures at once.")
    if len(command.refused) > MOST_REFUSED:
        raise ValidationError("flag.too_many", f"Name at most {MOST_REFUSED} refused files at once.")
    for one in command.refused:
        _keep_refused(taking, one.filename, one.reason)
    return tuple(_take(taking, one) for one in command.pictures)


def _take(taking: _Taking, picture: GivenFlag) -> FlagTaken:
    connection, name = taking.connection, _name(picture.filename)
    try:
        given = _looked_at(connection, picture, taking.author)
    except ValidationError as error:
        _keep_refused(taking, name, str(error))
        return FlagTaken(
            filename=name, outcome=TakeOutcome.REFUSED, ioc_code=picture.ioc_code, checksum="", message=str(error)
        )
    copy = find_copy(connection, given.checksum, given.code)
    shown = None if given.code is None else find_shown(connection, given.code)
    outcome, message = _judged(given, copy, shown)
    if outcome is TakeOutcome.SHOWN and not taking.is_dry_run:
        _write(taking.desk, given)
        taking.replaced += [] if shown is None else [shown]
    _keep(connection, given, copy, outcome)
    code = copy.ioc_code if outcome is TakeOutcome.UNCHANGED and copy is not None else given.code
    return FlagTaken(filename=name, outcome=outcome, ioc_code=code, checksum=given.checksum, message=message)


def _keep_refused(taking: _Taking, filename: str, reason: str) -> None:
    keep_attempt(
        taking.connection,
        None,
        filename=_name(filename),
        outcome=TakeOutcome.REFUSED.value,
        author=taking.author,
        reason=reason[:MOST_OF_REASON],
    )


def clear_flag(desk: Desk, command: ClearFlag) -> ShownFlag:
    """Show again what ships for a code.

    Raises:
        ValidationError: no picture of an operator is shown for it.
    """
    act = Act(author=command.author, action="flag.clear", target=command.ioc_code[:40], reason=command.reason)
    with desk.acting(act) as connection:
        code = command.ioc_code.strip().upper()
        shown = find_shown(connection, code)
        if shown is None:
            sentence = f"No picture of your own is shown for {code[:20]}; see restrike flags list --own."
            raise ValidationError("flag.none_of_own", sentence, value=code[:20])
        show_product(connection, code)
        connection.execute(_CLEAR, (utc_now_iso(), shown.id))
        keep_attempt(
            connection,
            shown.id,
            filename=shown.filename,
            method="operator",
            code=code,
            outcome="cleared",
            author=command.author,
        )
        link_athletes(connection)
        now_shown = read_lookup(connection, desk.paths).of(code)
    _remove_unused(desk, shown)
    desk.publish(FLAGS_CHANGED, FlagsChanged(codes=(code,), author=command.author))
    return now_shown


def _looked_at(connection: "sqlite3.Connection", picture: GivenFlag, author: str) -> _Given:
    kind = media_type(picture.content)
    code = name = None
    if picture.ioc_code is not None:
        row = connection.execute(_OWN_NAME, (picture.ioc_code.strip().upper(),)).fetchone()
        code, name = shown_code(picture.ioc_code, None if row is None else row[0])
    elif picture.is_chosen:
        raise ValidationError("flag.code", "Say which code it is.")
    return _Given(
        picture=picture,
        author=author,
        code=code,
        name=name,
        media_type=kind,
        checksum=hashlib.sha256(picture.content).hexdigest(),
    )


def _judged(given: _Given, copy: StoredFlag | None, shown: StoredFlag | None) -> tuple[TakeOutcome, str]:  # noqa: C901  # one rule after another
    picture, code = given.picture, given.code
    if copy is not None and copy.is_shown:
        is_same = copy.ioc_code == code
        # A file that bears the very code is meant for it, be it the same picture as another's.
        if not picture.is_chosen and (is_same or (copy.status == _CHOSEN and picture.confidence < 1.0)):
            return TakeOutcome.UNCHANGED, f"It is shown for {copy.ioc_code} already."
        if is_same and copy.status == _CHOSEN:
            return TakeOutcome.UNCHANGED, f"You chose it for {code} already."
    if picture.is_chosen:
        return TakeOutcome.SHOWN, f"It is shown for {code} from now on, as you chose."
    if code is None:
        return TakeOutcome.UNKNOWN, "Nothing says what it is: restrike flags recognize FILE --as CODE."
    known = flag_codes().get(code)
    if known is not None and known.sha256 == given.checksum:
        return TakeOutcome.UNCHANGED, f"It is the picture of {code} that ships."
    if picture.confidence < SURE:
        return TakeOutcome.UNSURE, f"It may be {code}; if so: restrike flags recognize FILE --as {code}."
    if known is not None and known.has_tile and picture.confidence < 1.0:
        sentence = f"{code} has a neutral tile, and a state flag may be wrong"
        return TakeOutcome.UNSURE, f"{sentence}: name the file {code}, or restrike flags recognize FILE --as {code}."
    take_it = f"to show this one: restrike flags recognize FILE --as {code}."
    if copy is not None and copy.is_cleared and copy.ioc_code == code:
        return TakeOutcome.KEPT, f"You took this picture of {code} away; {take_it}"
    if shown is not None and shown.status == _CHOSEN:
        return TakeOutcome.KEPT, f"You chose another picture for {code}, which stays."
    if shown is not None and shown.confidence >= picture.confidence and not _is_mended(picture, shown):
        how = "as surely" if shown.confidence == picture.confidence else "more surely"
        return TakeOutcome.KEPT, f"{shown.filename} is shown for {code}, recognized {how}, and stays; {take_it}"
    return TakeOutcome.SHOWN, f"It is shown for {code} from now on."


def _is_mended(picture: GivenFlag, shown: StoredFlag) -> bool:
    """Whether it is the file that is shown, changed since."""
    return shown.filename == _name(picture.filename) and (picture.modified_at or "") > shown.modified_at


def _write(desk: Desk, given: _Given) -> None:
    file = own_picture_file(desk.paths, file_path_of(given.checksum, given.media_type))
    try:
        write_picture(file, given.picture.content)
    except OSError as error:
        sentence = f"{file} could not be written ({error.strerror}), and nothing was changed; free space."
        raise IoError("flag.file", sentence) from error


def _keep(connection: "sqlite3.Connection", given: _Given, copy: StoredFlag | None, outcome: TakeOutcome) -> None:
    picture, code = given.picture, given.code
    is_shown = outcome is TakeOutcome.SHOWN
    if is_shown and code is not None:
        hide_all(connection, code)
    is_of_another = copy is not None and (copy.is_shown or copy.is_cleared) and copy.ioc_code != code
    if is_of_another and outcome is not TakeOutcome.UNCHANGED:
        copy = None  # it stays what it is for the other code
    flag_id = None if copy is None else copy.id
    if outcome is TakeOutcome.UNCHANGED and copy is None and code is not None:
        flag_id = product_row(connection, code)
    elif outcome is not TakeOutcome.UNCHANGED:
        flag_id = _store(connection, given, copy, outcome)
    if is_shown:
        link_athletes(connection)
    keep_attempt(
        connection,
        flag_id,
        filename=_name(picture.filename),
        method="operator" if picture.is_chosen else picture.method,
        confidence=1.0 if picture.is_chosen else picture.confidence,
        code=code,
        outcome=outcome.value,
        author=given.author,
    )


def _store(connection: "sqlite3.Connection", given: _Given, copy: StoredFlag | None, outcome: TakeOutcome) -> int:
    picture = given.picture
    is_shown = outcome is TakeOutcome.SHOWN
    status = _CHOSEN if picture.is_chosen else _STATUS.get(outcome, "recognized")
    now = utc_now_iso()
    name = _name(picture.filename)
    values = (
        name,
        given.code,
        given.name,
        status,
        1.0 if picture.is_chosen else picture.confidence,
        now,
        picture.modified_at,
        len(picture.content),
        file_path_of(given.checksum, given.media_type) if is_shown else name,
        int(is_shown),
        given.checksum,
        int(is_shown),
        given.media_type,
        picture.content if is_shown else None,
    )
    if copy is not None:
        connection.execute(_UPDATE, (*values, now, int(is_shown), copy.id))
        return copy.id
    row = connection.execute(_INSERT, (*values, now, now))
    assert row.lastrowid is not None  # noqa: S101 - it was just inserted
    return int(row.lastrowid)


def _remove_unused(desk: Desk, flag: StoredFlag | None) -> None:
    """Delete the file of a picture that is no longer shown for any code; one that stays behind harms nobody."""
    if flag is None:
        return
    sql = "SELECT 1 FROM flags WHERE file_path = ? AND is_shown = 1 AND source = 'operator'"
    if desk.connection.execute(sql, (flag.file_path,)).fetchone() is None:
        try:
            own_picture_file(desk.paths, flag.file_path).unlink(missing_ok=True)
        except OSError:
            return
