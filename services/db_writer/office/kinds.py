"""The one list of jobs; db-writer, or `once` without it."""

from typing import Final

from services.db_writer.office import archives, backups, care, checks, leftovers, offsite, restores
from services.db_writer.office.jobs import Kind
from services.db_writer.office.predecessor.work import OPTIONS, import_predecessor

KINDS: Final[dict[str, Kind]] = {
    "archive": Kind(work=archives.archive, options=frozenset({"older_than_days", "what", "dry_run"}), is_care=True),
    "unarchive": Kind(work=archives.unarchive, options=frozenset({"name"}), is_care=True),
    "optimize": Kind(work=care.optimize, is_care=True),
    "vacuum": Kind(work=care.vacuum, is_care=True),
    "vacuum_full": Kind(work=care.vacuum_full, is_care=True),
    "check": Kind(work=checks.check, options=frozenset({"repair", "quick"}), is_care=True),
    "clean": Kind(work=leftovers.clean, is_care=True),
    "backup": Kind(work=backups.back_up, options=frozenset({"reason", "format", "without_datagrams"})),
    "verify": Kind(work=backups.verify, options=frozenset({"backup", "all"})),
    "prune": Kind(work=backups.prune, options=frozenset({"dry_run"})),
    "restore": Kind(work=restores.restore, options=frozenset({"backup", "as_of_backup"})),
    "drill": Kind(work=restores.drill, options=frozenset({"backup"})),
    "push": Kind(work=offsite.push, options=frozenset({"backup"})),
    "fetch": Kind(work=offsite.fetch, options=frozenset({"backup"})),
    "remote": Kind(work=offsite.remote),
    "import_predecessor": Kind(work=import_predecessor, options=OPTIONS),
}
