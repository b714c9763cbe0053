"""The job `clean`: files that something killed left behind, and rows about acts that are old enough; db-writer."""

import re
import shutil
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from services.db_writer.office.backup.rows import folders
from services.db_writer.office.care.samples import old_samples, remove_samples
from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.jobs import Ordered, Result, Step
from services.db_writer.restoring import PLAN, restore_folder
from shared.clock import unix_ns
from shared.db.archive_files import OPENED
from shared.db.backup_files import PARTIAL
from shared.db.set_aside import set_aside
from shared.paths import Paths
from shared.settings.catalogue import RETENTION_AUDIT_DAYS

PARTIAL_AFTER_S: Final = 3_600.0
"""A file that nobody wrote to for an hour is nobody's work any more."""
OPENED_AFTER_S: Final = 86_400.0
"""An unpacked archive is kept for the questions of a day; it can be unpacked again."""
SLICE_ROWS: Final = 500
"""Rows removed in one transaction: about a millisecond."""
MOST_LISTED: Final = 50
LOCK: Final = ".lock"
"""How locks end; removed, one would be held twice. The one beside a partial file ends with that."""
SEEN_AFTER: Final = timedelta(days=1)
SEEN_WITHIN: Final = timedelta(days=30)
"""Old rows go only if something was stored a day to this long ago: a clock that jumped ahead makes all rows old. After
a longer pause they go a day later.
"""
_SCRATCH: Final = re.compile(rf"\.[a-z]+-(\d+){re.escape(PARTIAL)}.*")

_OLD_ACTS: Final = "SELECT id FROM operator_audit WHERE done_at < ? ORDER BY done_at LIMIT ?"
_OLD_JOBS: Final = "SELECT id FROM (SELECT id, begun_at FROM jobs ORDER BY id LIMIT ?2) WHERE begun_at < ?1"
_OLD_FIRINGS: Final = "SELECT id FROM obs_rule_firings WHERE fired_at < ? ORDER BY fired_at LIMIT ?"
_OLD_FACTS: Final = "SELECT id FROM refused_facts WHERE created_at < ? LIMIT ?"
_OLD_INCIDENTS: Final = "SELECT id FROM service_incidents WHERE happened_at < ? ORDER BY happened_at LIMIT ?"
_OLD_LICENCES: Final = "SELECT id FROM license_changes WHERE changed_at < ? ORDER BY changed_at LIMIT ?"
_OLD_ALERTS: Final = "SELECT id FROM alerts WHERE raised_at < ? ORDER BY raised_at LIMIT ?"
_OLD_DELIVERIES: Final = "SELECT id FROM alert_deliveries WHERE updated_at < ? LIMIT ?"
OLD: Final = {
    "operator_audit": _OLD_ACTS,
    "jobs": _OLD_JOBS,
    "obs_rule_firings": _OLD_FIRINGS,
    "refused_facts": _OLD_FACTS,
    "service_incidents": _OLD_INCIDENTS,
    "license_changes": _OLD_LICENCES,
    "alerts": _OLD_ALERTS,
    "alert_deliveries": _OLD_DELIVERIES,
}
"""What people, schedules and rules did. Recordings and videos stay as long as their matches: for ever."""
_IS_OLD: Final = """
SELECT EXISTS (SELECT 1 FROM operator_audit WHERE done_at < ?1) OR EXISTS (SELECT 1 FROM jobs WHERE begun_at < ?1)
    OR EXISTS (SELECT 1 FROM obs_rule_firings WHERE fired_at < ?1)
    OR EXISTS (SELECT 1 FROM refused_facts WHERE created_at < ?1)
    OR EXISTS (SELECT 1 FROM service_incidents WHERE happened_at < ?1)
    OR EXISTS (SELECT 1 FROM license_changes WHERE changed_at < ?1)
    OR EXISTS (SELECT 1 FROM alerts WHERE raised_at < ?1)
    OR EXISTS (SELECT 1 FROM alert_deliveries WHERE updated_at < ?1)
"""
_WAS_SEEN: Final = """
SELECT EXISTS (SELECT 1 FROM jobs WHERE begun_at BETWEEN ?1 AND ?2)
    OR EXISTS (SELECT 1 FROM operator_audit WHERE done_at BETWEEN ?1 AND ?2)
    OR EXISTS (SELECT 1 FROM udp_server_sessions WHERE start_time BETWEEN ?1 AND ?2 OR updated_at BETWEEN ?1 AND ?2)
"""


def clean(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Remove what is left over; tell what, how much room that made, and what somebody should look at."""
    removed: list[str] = []
    freed = 0
    home = desk.paths.home
    for path in list(left_over(desk.paths, backups=folders(desk))):
        size = _size(path)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        removed.append(str(path.relative_to(home) if path.is_relative_to(home) else path))
        freed += size
        yield Step("removing what is left over", len(removed))
    counts = dict.fromkeys(OLD, 0)
    days = desk.settings.get(RETENTION_AUDIT_DAYS)
    cut = _iso(timedelta(days=days))
    is_due = bool(days) and _tells(desk, _IS_OLD, cut)
    is_plausible = _tells(desk, _WAS_SEEN, _iso(SEEN_WITHIN), _iso(SEEN_AFTER))
    if is_due and is_plausible:
        for table, old in OLD.items():
            counts[table] = yield from _remove_rows(desk, table, old, cut=cut)
    if any(counts.values()):
        details = {**counts, "older_than_days": days}
        with desk.acting(Act(author=ordered.author, action="audit.trim", details=details, reason=ordered.reason)):
            pass
    samples = (yield from remove_samples(desk, old_samples(desk))) if is_plausible else 0
    return {
        "files": len(removed),
        "bytes": freed,
        "removed": removed[:MOST_LISTED],
        "rows": counts | ({"resource_samples": samples} if samples else {}),
        "is_clock_doubtful": is_due and not is_plausible,
        "to_look_at": [one.path.name for one in set_aside(desk.paths.data)][:MOST_LISTED],
    }


def _tells(desk: Desk, query: str, *times: str) -> bool:
    return bool(desk.connection.execute(query, times).fetchone()[0])


def _iso(ago: timedelta) -> str:
    return f"{datetime.now(UTC) - ago:%Y-%m-%dT%H:%M:%S}Z"


def left_over(paths: Paths, *, backups: list[Path]) -> Iterator[Path]:
    """Partial and temporary files that nobody works on any more; `backups` are the folders of backups."""
    now_s = unix_ns() / 1e9
    restore = restore_folder(paths)
    places = [
        *((folder, ".*.partial*", PARTIAL_AFTER_S) for folder in backups),
        (paths.archive, ".*.partial*", PARTIAL_AFTER_S),
        (paths.archive, f"{OPENED}/*", OPENED_AFTER_S),
        (paths.data, ".*.partial*", PARTIAL_AFTER_S),
        (paths.parser_states, "*.new", PARTIAL_AFTER_S),
    ]
    if not (restore / PLAN).exists():  # it was prepared, and never to be put in place
        places.append((restore, "*", OPENED_AFTER_S))
    for folder, pattern, after_s in places:
        for path in sorted(folder.glob(pattern)):
            if not _is_in_use(path) and now_s - path.lstat().st_mtime >= after_s:
                yield path


def _is_in_use(path: Path) -> bool:
    """Whether it is a lock, or somebody's who still runs: a part on a slow line is read for longer than an hour."""
    scratch = _SCRATCH.fullmatch(path.name)
    is_alive = scratch is not None and Path(f"/proc/{scratch[1]}").exists()
    return is_alive or (path.name.endswith(LOCK) and PARTIAL not in path.name)


def _remove_rows(desk: Desk, table: str, old: str, *, cut: str) -> Generator[Step, None, int]:
    removed = 0
    while True:
        with desk.changing() as connection:
            count = connection.execute(f"DELETE FROM {table} WHERE id IN ({old})", (cut, SLICE_ROWS)).rowcount
        if not count:
            return removed
        removed += count
        yield Step(f"removing old rows of {table}", removed)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else (path,)
    return sum(file.lstat().st_size for file in files if file.is_file())
