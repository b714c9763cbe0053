"""The errand `predecessor`: read the predecessor's file into a plan, and tell everything about it; db-writer's child.

Nothing is guessed: what points to a row that is not there, or to an impossible one, is kept without that link or left
out, and counted.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from services.db_writer.errand import Options, Tell
from services.db_writer.office.predecessor.events import DETAILS, EVENTS, Events
from services.db_writer.office.predecessor.items import AthleteSummaryItem, SummaryItem
from services.db_writer.office.predecessor.matches import MATCHES, Matches
from services.db_writer.office.predecessor.old_file import NEWEST, OLDEST, OldFile, check_kind, opened, unknown
from services.db_writer.office.predecessor.order import Order
from services.db_writer.office.predecessor.plan import NAME, new_plan
from services.db_writer.office.predecessor.report import Report
from services.db_writer.office.predecessor.rounds import add_marks, add_rounds
from services.db_writer.office.predecessor.sessions import add_sessions, read_sessions
from services.db_writer.office.predecessor.settings_map import OldSettings
from services.db_writer.office.predecessor.times import Times
from services.db_writer.office.predecessor.venue import add_connections, add_flags, add_tournaments
from services.db_writer.office.tournament.time_zones import zone_of
from shared.db.backup_files import scratch_file
from shared.errors import DatabaseError, ValidationError
from shared.paths import Paths

NOT_TAKEN: Final = {
    "network_interfaces": "of another machine, as it was then",
    "udp_server_configs": "the rings of this suite are in restrike.json",
    "flags": "files of another machine; the program has its own flags",
    "recognition_history": "of flags that are not taken",
    "settings_history": "of settings that are judged anew",
    "raw_datagrams": "nothing says which event came of which datagram",
    "migratehistory": "of the predecessor's own program",
}
"""Tables that are known, and left where they are."""
NO_RESULTS: Final = (
    "Imported matches are not judged: nothing is derived from their messages. A result is there only where the old file"
    " has one; such a result stands as declared."
)
_MARK_CHARACTERS: Final = 8


def read(options: Options, *, paths: Paths, tell: Tell) -> dict[str, Any]:
    """`options`: `file`, `ring` and `time_zone` (as given, or None), `default_zone`, `in_use` (rings), `done` (when a
    file of that checksum was imported), `begun` (ring and zone of one that was not ended), `again`, `dry_run`.

    Returns `sha256`, `ring`, `time_zone`, the number of `items` in the plan, and the `report` as JSON.
    Raises IoError, DatabaseError, ValidationError: the file is not one that can be imported, or was before.
    """
    path = Path(options["file"])
    with scratch_file(paths.data, purpose="predecessor") as copy, opened(path, copy, tell=tell) as old:
        check_kind(old, path)
        before = options["done"].get(old.sha256)
        if before is not None and not options["again"] and not options["dry_run"]:
            sentence = f"This file was imported already, {before}; --again imports what is missing of it."
            raise DatabaseError("import.done", sentence, value=str(path))
        ring, zone = _chosen(options, options["begun"].get(old.sha256))
        report = Report(file=path.name, sha256=old.sha256, ring=ring, time_zone=zone, imported_before=before)
        with new_plan(paths.data / NAME) as plan:
            order = Order(
                old=old,
                plan=plan,
                times=Times(zone_of(zone)),
                report=report,
                ring=ring,
                in_use=frozenset(options["in_use"]),
                mark=old.sha256[:_MARK_CHARACTERS],
            )
            _fill(order, tell)
            items = plan.items
        _describe(old, report, order.times)
    told = msgspec.json.encode(report).decode()
    return {"sha256": old.sha256, "ring": ring, "time_zone": zone, "items": items, "report": told}


def _chosen(options: Options, begun: dict[str, Any] | None) -> tuple[str | None, str]:
    """Ring and time zone; an import that goes on keeps those that it was begun with."""
    ring, zone = options["ring"], options["time_zone"]
    if begun is None:
        return ring, zone or options["default_zone"]
    for name, said in (("ring", ring), ("time_zone", zone)):
        if said is not None and said != begun[name]:
            kept = begun[name] or "none"
            sentence = f"This import was begun with another {name.replace('_', ' ')} ({kept}): go on with that."
            raise ValidationError(f"import.other_{name}", sentence, value=said)
    return begun["ring"], str(begun["time_zone"])


def _fill(order: Order, tell: Tell) -> None:
    """Everything in the order in which it is stored: what is referred to comes first."""
    days = add_tournaments(order, order.report.time_zone)
    sessions = read_sessions(order)
    matches = Matches(order)
    events = Events(order, sessions=set(sessions), made=matches.made, keys=matches.texts)
    events.look_through(tell)
    matches.read_athletes()
    matches.read_sides(events.heard)
    matches.merge(events.heard)
    rings = add_sessions(order, sessions, events.counted)
    matches.add_athletes()
    matches.add(events.heard, rings=_rings_of_matches(order, rings), days=days)
    rounds = add_rounds(order, matches.keys)
    events.add(matches.keys, rounds, tell)
    add_marks(order, matches.keys, rounds)
    add_connections(order)
    add_flags(order)
    OldSettings(order).add()
    for key in dict.fromkeys(matches.keys.values()):
        order.plan.add(SummaryItem(match=key))
    for code in matches.codes():
        order.plan.add(AthleteSummaryItem(code=code))


def _rings_of_matches(order: Order, rings: dict[str, str]) -> dict[int, str]:
    """The ring of the session of a match's first event."""
    # The bare column beside min() is of the row that has it (SQLite documents it).
    select = "SELECT match_id, session, min(at_us) FROM event_order WHERE match_id IS NOT NULL GROUP BY match_id"
    rows = order.plan.connection.execute(select).fetchall()
    return {match: rings[session] for match, session, _ in rows if session in rings}


def _describe(old: OldFile, report: Report, times: Times) -> None:
    report.schema_version = old.version()
    if report.schema_version is None or not OLDEST <= report.schema_version <= NEWEST:
        told = "no version" if report.schema_version is None else f"version {report.schema_version}"
        report.notes.append(f"The file says {told}; versions {OLDEST} to {NEWEST} are known. Look at the counts.")
    times.tell(report)
    unknown(old, report, not_taken=NOT_TAKEN)
    report.tables = {name: table for name, table in sorted(report.tables.items()) if name in old.tables}
    if EVENTS in report.tables:
        report.notes.append("The bytes of the datagrams were never kept: events have their text alone.")
    matches = report.tables.get(MATCHES)
    if matches is not None and matches.merged:
        report.notes.append(
            f"{matches.read} rows of matches are {matches.imported} matches: each re-load made another."
        )
    report.notes.append(NO_RESULTS)
    if report.tables.get(DETAILS) is None:
        report.notes.append("There are no details of events.")
    report.shorten()
