"""The jobs `restore` and `drill`; db-writer, or `once` without it."""

from collections.abc import Generator
from typing import Final

from services.db_writer.office.child import errand
from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.jobs import Options, Ordered, Result, Step
from services.db_writer.restoring import Plan, write_plan
from shared.clock import utc_now_iso
from shared.settings.backup_keys import BACKUP_FOLDER

_ACTS_AFTER: Final = "SELECT count(*) FROM operator_audit WHERE id > ? AND outcome = 'done'"


def restore(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Prepare a backup, then let this process be started anew, which puts it in place.

    `acts_meanwhile` of the result are acts between the comparison and the plan; from then on nothing is accepted.
    """
    stamp = utc_now_iso()[:19].replace("-", "").replace(":", "")
    replaced = f"replaced-{stamp}Z-{ordered.id}.db"
    said = {"author": ordered.author, "reason": ordered.reason, "job": ordered.id, "replaced": replaced}
    options = {**_with_folder(desk, ordered.options), **said}
    result = yield from errand("restore", options, paths=desk.paths)
    backup = str(result["backup"])
    (acts,) = desk.connection.execute(_ACTS_AFTER, (result.pop("compared_after"),)).fetchone()
    act = Act(author=ordered.author, action="backup.prepare_restore", target=backup, reason=ordered.reason)
    with desk.acting(act):
        act.details = {"replaced": replaced}
    write_plan(desk.paths, Plan(id=ordered.id, backup=backup, replaced=replaced))
    desk.restart()
    return {**result, "acts_meanwhile": acts}


def drill(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Rehearse a restore; nothing is changed."""
    return (yield from errand("drill", _with_folder(desk, ordered.options), paths=desk.paths))


def _with_folder(desk: Desk, options: Options) -> Options:
    return {**options, "folder": desk.settings.get(BACKUP_FOLDER)}
