"""Operators' mappings of codes, with their history; db-writer, or `once` without it."""

from typing import TYPE_CHECKING, Final

from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.flags.codes import sent_code, shown_code
from services.db_writer.office.flags.rows import link_athletes
from shared.clock import utc_now_iso
from shared.errors import ValidationError
from shared.flags.lookup import Lookup
from shared.flags.stored import read_lookup
from shared.flags.table import flag_codes
from shared.messages.flags import FlagsChanged, MappingKind, RemoveFlagMapping, SaveFlagMapping, ShownFlag
from shared.messages.topics import FLAGS_CHANGED

if TYPE_CHECKING:
    from shared.db.sqlite import sqlite3

MOST_OWN: Final = 2_000
"""Mappings of operators' own: all are read at each question."""
_SAVE: Final = """
INSERT INTO flag_mappings (pss_code, ioc_code, country_name, is_custom, kind, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
ON CONFLICT (pss_code) DO UPDATE SET ioc_code = excluded.ioc_code, country_name = excluded.country_name,
    is_custom = excluded.is_custom, kind = excluded.kind, updated_at = excluded.updated_at
"""
_SAVE_NEW: Final = """
INSERT INTO flag_mappings (pss_code, ioc_code, country_name, is_custom, kind, created_at, updated_at)
VALUES (?1, ?2, ?3, 1, 'operator', ?4, ?4) ON CONFLICT (pss_code) DO NOTHING
"""
_KEEP: Final = """
INSERT INTO flag_mapping_history (pss_code, ioc_code, country_name, previous_ioc_code, author, reason, changed_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_COUNT: Final = "SELECT count(*) FROM flag_mappings WHERE is_custom = 1 AND pss_code <> ?"


def save_mapping(desk: Desk, command: SaveFlagMapping) -> ShownFlag:
    """Show one code as another from now on.

    Raises:
        ValidationError: a code or a name is none, or there are too many.
    """
    act = Act(author=command.author, action="flag.map", target=command.pss_code[:40], reason=command.reason)
    act.details = {"ioc_code": command.ioc_code[:40], "country_name": (command.country_name or "")[:80] or None}
    with desk.acting(act) as connection:
        sent = sent_code(command.pss_code)
        ioc, name = shown_code(command.ioc_code, command.country_name)
        if connection.execute(_COUNT, (sent,)).fetchone()[0] >= MOST_OWN:
            raise ValidationError("flag.too_many", f"There are {MOST_OWN} mappings of your own; remove some first.")
        before = read_lookup(connection, desk.paths).of(sent).ioc_code
        now = utc_now_iso()
        connection.execute(_SAVE, (sent, ioc, name, 1, MappingKind.OPERATOR.value, now))
        connection.execute(_KEEP, (sent, ioc, name, before, command.author, command.reason, now))
        if ioc not in flag_codes():  # a code of the operator's own must mean itself, too
            connection.execute(_SAVE_NEW, (ioc, ioc, name, now))
        link_athletes(connection)
        shown = read_lookup(connection, desk.paths).of(sent)
    desk.publish(FLAGS_CHANGED, FlagsChanged(codes=(sent,), author=command.author))
    return shown


def remove_mapping(desk: Desk, command: RemoveFlagMapping) -> ShownFlag:
    """Let a code mean again what it means to the program.

    Raises:
        ValidationError: nobody has mapped it.
    """
    act = Act(author=command.author, action="flag.unmap", target=command.pss_code[:40], reason=command.reason)
    with desk.acting(act) as connection:
        sent = sent_code(command.pss_code)
        before = read_lookup(connection, desk.paths).of(sent)
        rows = connection.execute(
            "DELETE FROM flag_mappings WHERE upper(trim(pss_code)) = ? AND is_custom = 1", (sent,)
        )
        if not rows.rowcount:
            sentence = f"Nobody has mapped {sent}; see restrike flags mappings --own."
            raise ValidationError("flag.not_mapped", sentence, value=sent)
        act.details = {"ioc_code": before.ioc_code}
        _put_ours_back(connection, sent)
        values = (sent, None, None, before.ioc_code, command.author, command.reason, utc_now_iso())
        connection.execute(_KEEP, values)
        link_athletes(connection)
        shown = read_lookup(connection, desk.paths).of(sent)
    desk.publish(FLAGS_CHANGED, FlagsChanged(codes=(sent,), author=command.author))
    return shown


def _put_ours_back(connection: "sqlite3.Connection", sent: str) -> None:
    ours = Lookup({}, {}).of(sent)
    if ours.ioc_code is not None:
        connection.execute(_SAVE, (sent, ours.ioc_code, ours.name, 0, ours.kind.value, utc_now_iso()))
