"""Which backup is to be copied off-site by itself, and how a file is cut into parts."""

from collections.abc import Generator
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.db_writer.errands.offsite import parts_of
from services.db_writer.office.backup import offsite
from services.db_writer.office.backup.offsite import newest_uncopied
from services.db_writer.office.child import ErrandError
from services.db_writer.office.desk import Desk
from services.db_writer.office.jobs import Ordered, Result, Step
from services.db_writer.office.office import Office
from services.db_writer.office.settings import change_settings
from shared.messages.settings import ChangeSettings
from shared.paths import Paths

INSERT = """
INSERT INTO backups (name, path, format, reason, status, schema_version, size_bytes, database_bytes, sha256, taken_at)
VALUES (?, 'x', 'database', 'scheduled', ?, 8, 1, 1, 'x', ?)
"""
COPIED = """
INSERT INTO backup_copies (backup_id, remote, status, parts, bytes_copied)
SELECT id, ?, ?, 1, 1 FROM backups WHERE name = ?
"""


def test_the_newest_backup_is_copied_once(desk: Desk) -> None:
    """Only with a remote, only one that is there, and not again once its copy there was verified."""
    Office(desk)  # which brings the settings' rows
    desk.connection.execute(INSERT, ("old", "present", "2026-03-01T09:00:00.000Z"))
    desk.connection.execute(INSERT, ("new", "present", "2026-03-01T10:00:00.000Z"))
    desk.connection.execute(INSERT, ("gone", "removed", "2026-03-01T11:00:00.000Z"))
    assert newest_uncopied(desk) is None
    change_settings(desk, ChangeSettings(author="ana", values={"backup.offsite_target": "usb:copies"}))
    assert newest_uncopied(desk) == "new"
    desk.connection.execute(COPIED, ("usb:copies", "failed", "new"))
    assert newest_uncopied(desk) == "new"
    desk.connection.execute(COPIED, ("elsewhere:copies", "verified", "new"))
    assert newest_uncopied(desk) == "new"
    desk.connection.execute("UPDATE backup_copies SET status = 'verified'")
    assert newest_uncopied(desk) is None


@pytest.mark.parametrize(("code", "status"), [("backup.damaged", "verified"), ("backup.remote_failed", "failed")])
def test_what_a_failed_push_says_of_the_copy(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, code: str, status: str
) -> None:
    """A backup that was damaged here is not sent, and its copy of better days stays what it was."""

    def errand(_name: str, _options: Any, *, paths: Paths) -> Generator[Step, None, Result]:
        yield Step()
        raise ErrandError(code, f"No, {paths.home}.")

    Office(desk)
    monkeypatch.setattr(offsite, "errand", errand)
    change_settings(desk, ChangeSettings(author="ana", values={"backup.offsite_target": "usb:copies"}))
    desk.connection.execute(INSERT, ("b", "present", "2026-03-01T09:00:00.000Z"))
    desk.connection.execute(COPIED, ("usb:copies", "verified", "b"))
    with pytest.raises(ErrandError, match="No"):
        list(offsite.push(desk, Ordered(id="job", author="ana", reason=None, options={"backup": "b"})))
    assert desk.connection.execute("SELECT status FROM backup_copies").fetchall() == [(status,)]


@given(st.integers(0, 30_000), st.integers(2, 3_000))
def test_parts_are_the_file(size_bytes: int, part_bytes: int) -> None:
    """Nothing is left out or sent twice, and the names sort as the parts follow each other."""
    parts = parts_of("x.db.zst", size_bytes, part_bytes=part_bytes)
    assert [part.start for part in parts] == [0, *accumulate(part.size_bytes for part in parts[:-1])]
    assert sum(part.size_bytes for part in parts) == size_bytes
    assert all(part.size_bytes <= part_bytes for part in parts)
    assert [part.name for part in parts] == sorted({part.name for part in parts})
