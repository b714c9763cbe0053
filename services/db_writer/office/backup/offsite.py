"""The jobs `push`, `fetch` and `remote` (off-site copies of backups), and what is known of each copy; db-writer."""

from collections.abc import Generator
from typing import Final

from services.db_writer.office.child import errand
from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.jobs import Options, Ordered, Result, Step
from shared.clock import utc_now_iso
from shared.errors import RestrikeError
from shared.settings.backup_keys import BACKUP_FOLDER, OFFSITE_KIB_PER_S, OFFSITE_PART_MIB, OFFSITE_TARGET
from shared.settings.catalogue import OFFSITE_OPTIONS

_KEEP: Final = """
INSERT INTO backup_copies (backup_id, remote, status, parts, bytes_copied, copied_at, verified_at, error)
SELECT id, ?, ?, ?, ?, ?, ?, ? FROM backups WHERE name = ?
ON CONFLICT (backup_id, remote) DO UPDATE SET status = excluded.status, parts = excluded.parts,
    bytes_copied = excluded.bytes_copied, copied_at = excluded.copied_at, verified_at = excluded.verified_at,
    error = excluded.error, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ','now')
"""
_NEWEST: Final = """
SELECT b.name, EXISTS (
    SELECT 1 FROM backup_copies c WHERE c.backup_id = b.id AND c.remote = ? AND c.status = 'verified'
)
FROM backups b WHERE b.status = 'present' ORDER BY b.taken_at DESC LIMIT 1
"""


def newest_uncopied(desk: Desk) -> str | None:
    """The newest backup, if the remote has no verified copy of it; None, too, where there is no remote."""
    target = desk.settings.get(OFFSITE_TARGET)
    row = desk.connection.execute(_NEWEST, (target,)).fetchone() if target else None
    return str(row[0]) if row is not None and not row[1] else None


def push(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Copy a backup to the remote, verify the copy, and keep what became of it."""
    backup, remote = str(ordered.options["backup"]), desk.settings.get(OFFSITE_TARGET)
    try:
        result = yield from errand("push", _options(desk, ordered.options), paths=desk.paths)
    except RestrikeError as error:
        if error.code != "backup.damaged":  # then nothing was sent, and a copy of better days is still there
            with desk.changing() as connection:
                connection.execute(_KEEP, (remote, "failed", 0, 0, None, None, error.message, backup))
        raise
    now = utc_now_iso()
    act = Act(author=ordered.author, action="backup.push", target=str(result["backup"]), reason=ordered.reason)
    with desk.acting(act) as connection:
        act.details = {"remote": remote, "sent": result["sent"]}
        values = (remote, "verified", result["parts"], result["bytes"], now, now, None, result["backup"])
        connection.execute(_KEEP, values)
    return result


def fetch(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Bring a backup back from the remote."""
    result = yield from errand("fetch", _options(desk, ordered.options), paths=desk.paths)
    with desk.acting(Act(author=ordered.author, action="backup.fetch", target=str(result["backup"]))):
        pass
    return result


def remote(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """List what the remote has."""
    return (yield from errand("remote", _options(desk, ordered.options), paths=desk.paths))


def _options(desk: Desk, options: Options) -> dict[str, object]:
    get = desk.settings.get
    return {
        **options,
        "folder": get(BACKUP_FOLDER),
        "target": get(OFFSITE_TARGET),
        "remote_options": get(OFFSITE_OPTIONS),
        "part_mib": get(OFFSITE_PART_MIB),
        "kib_per_s": get(OFFSITE_KIB_PER_S),
    }
