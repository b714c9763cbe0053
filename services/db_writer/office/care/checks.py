"""The job `check`: a child looks for all that can be wrong, and what is safe to repair is repaired; db-writer."""

from collections.abc import Generator
from typing import Any, Final

from services.db_writer.errands.checks import MOST
from services.db_writer.office.care.repairs import REPAIRS, repair
from services.db_writer.office.child import errand
from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.jobs import Ordered, Result, Step
from shared.db.check_list import CHECKS
from shared.errors import DatabaseError

SLICE: Final = 10
"""Faults repaired in one transaction; the dearest, a summary, takes up to a millisecond."""


def check(desk: Desk, ordered: Ordered) -> Generator[Step, None, Result]:
    """Options: `quick` (without what is slow), `repair`.

    The result counts `faults` and `informations` by check, and what was `repaired`; `examples` are sentences that begin
    with their check.
    """
    options = {"is_quick": bool(ordered.options.get("quick"))}
    found: dict[str, Any] = yield from errand("check", options, paths=desk.paths)
    counts: dict[str, int] = dict(found["counts"])
    repaired: dict[str, int] = {}
    refused: list[str] = []
    examples = [f"{name}: {text}" for name, texts in found["examples"].items() for text in texts]
    while ordered.options.get("repair"):
        done = yield from _repair_all(desk, ordered, found["keys"], refused)
        repaired = {name: repaired.get(name, 0) + done.get(name, 0) for name in repaired | done}
        more = [name for name, count in done.items() if count and len(found["keys"][name]) == MOST]
        if not more:
            break
        again: dict[str, Any] = yield from errand("check", options, paths=desk.paths)
        new = {name: _new(again["keys"].get(name, []), seen=found["keys"][name]) for name in more}
        found = again
        for name, count in new.items():
            counts[name] += count
        if not any(new.values()):  # what was repaired is still there: it would be for ever
            break
    informations = {one.name for one in CHECKS if one.is_information}
    return {
        "checked": found["checked"],
        "faults": {name: count for name, count in counts.items() if name not in informations},
        "informations": {name: count for name, count in counts.items() if name in informations},
        "repaired": repaired,
        "refused": refused,
        "examples": examples,
    }


def _new(keys: list[Any], *, seen: list[Any]) -> int:
    return len({str(key) for key in keys} - {str(key) for key in seen})


def _repair_all(
    desk: Desk, ordered: Ordered, faults: dict[str, list[Any]], refused: list[str]
) -> Generator[Step, None, dict[str, int]]:
    repaired: dict[str, int] = {}
    for name, keys in faults.items():
        if name in REPAIRS:
            try:
                repaired[name] = yield from _repair(desk, ordered, name, keys)
            except DatabaseError as error:
                refused.append(f"{name}: {error.message}")
    return repaired


def _repair(desk: Desk, ordered: Ordered, name: str, keys: list[Any]) -> Generator[Step, None, int]:
    done = 0
    for first in range(0, len(keys), SLICE):
        act = Act(author=ordered.author, action="check.repair", target=name, reason=ordered.reason)
        with desk.acting(act) as connection:
            repaired = repair(connection, name, keys[first : first + SLICE])
            act.details = {"repaired": repaired}
        done += repaired
        yield Step(f"repairing {name}", min(first + SLICE, len(keys)), len(keys))
    return done
