"""The one list of jobs; db-writer, or `once` without it."""

from typing import Final

from services.db_writer.office.backup import backups, offsite, restores
from services.db_writer.office.care import archives, checks, leftovers
from services.db_writer.office.care import tidying as care
from services.db_writer.office.jobs import Kind
from services.db_writer.office.predecessor.work import OPTIONS, import_predecessor
from shared.licensing.features import OFFSITE_BACKUP

BACKUP: Final[dict[str, type]] = {"backup": str}
NAMED: Final = frozenset(BACKUP)

KINDS: Final[dict[str, Kind]] = {
    "archive": Kind(
        work=archives.archive, options={"older_than_days": int, "what": str, "dry_run": bool}, is_care=True
    ),
    "unarchive": Kind(work=archives.unarchive, options={"name": str}, needed=frozenset({"name"}), is_care=True),
    "optimize": Kind(work=care.optimize, is_care=True),
    "vacuum": Kind(work=care.vacuum, is_care=True),
    "vacuum_full": Kind(work=care.vacuum_full, is_care=True),
    "check": Kind(work=checks.check, options={"repair": bool, "quick": bool}, is_care=True),
    "clean": Kind(work=leftovers.clean, is_care=True),
    "backup": Kind(work=backups.back_up, options={"reason": str, "format": str, "without_datagrams": bool}),
    "verify": Kind(work=backups.verify, options=BACKUP | {"all": bool}),
    "prune": Kind(work=backups.prune, options={"dry_run": bool}),
    "restore": Kind(work=restores.restore, options=BACKUP | {"as_of_backup": bool}, needed=NAMED),
    "drill": Kind(work=restores.drill, options=BACKUP),
    "push": Kind(work=offsite.push, options=BACKUP, needed=NAMED, is_offsite=True, feature=OFFSITE_BACKUP),
    "fetch": Kind(work=offsite.fetch, options=BACKUP, needed=NAMED, is_offsite=True),
    "remote": Kind(work=offsite.remote, is_offsite=True),
    "import_predecessor": Kind(work=import_predecessor, options=OPTIONS, needed=frozenset({"file"})),
}
