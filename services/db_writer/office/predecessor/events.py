"""Old events: first looked through (what they are, whose they are, what they add up to), then put in order.

The predecessor stored them by unordered tasks and numbered all of them 0: their order is that of their times, then of
their ids, within each session.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.db_writer.errand import Tell
from services.db_writer.office.predecessor.items import EventItem
from services.db_writer.office.predecessor.old_file import Fields, Row, text, whole
from services.db_writer.office.predecessor.order import Order
from services.db_writer.office.predecessor.sessions import LOG, NO_SESSION, Counted
from services.db_writer.office.predecessor.streams import names_of, stream_of
from services.db_writer.office.predecessor.times import microseconds_of, of_microseconds, text_of
from shared.messages.pss import AthleteName, ResultKind

EVENTS: Final = "pss_events_v2"
FLAT: Final = "pss_events"
DETAILS: Final = "pss_event_details"
TYPES: Final = "pss_event_types"
FROM_EVENTS, FROM_FLAT = 0, 1
APART: Final = timedelta(days=1)
"""An event further from the making of its match is not of it: its id was taken from somewhere else."""
SAME_WITHIN_US: Final = 50_000
"""The same text in both tables within this time is one message, written twice."""
AFFECTED_ROWS: Final = 1
"""The id that the predecessor took from the count of affected rows; what hangs on it is looked at twice."""
_TELL_EVERY: Final = 5_000
_AT: Final = ("timestamp",)
_FIELDS: Final[Fields] = {
    "session": ("session_id",),
    "match": ("match_id",),
    "round": ("round_id",),
    "type": ("event_type_id",),
    "at": _AT,
    "raw": ("raw_data",),
    "parsed": ("parsed_data",),
    "took": ("processing_time_ms",),
    "valid": ("is_valid",),
    "error": ("error_message",),
    "recognition": ("recognition_status",),
    "sequence": ("event_sequence",),
    "index": ("event_index",),
    "made": ("created_at",),
}
_FLAT_COLUMNS: Final = (
    "event_type",
    "match_id",
    "athlete1_code",
    "athlete2_code",
    "score1",
    "score2",
    "round",
    "weight_class",
    "category",
)
_FLAT_FIELDS: Final[Fields] = {"at": _AT, "raw": ("raw_data",), **{name: (name,) for name in _FLAT_COLUMNS}}
_DETAIL_FIELDS: Final[Fields] = {
    "event": ("event_id",),
    "session": ("session_id",),
    "key": ("detail_key",),
    "value": ("detail_value",),
    "type": ("detail_type",),
}
_TYPE_COLUMNS: Final = ("event_name", "description", "category", "is_active", "created_at", "updated_at")
_RECOGNITIONS: Final = frozenset(kind.value for kind in ResultKind)
_IN_ORDER: Final = """
SELECT session, at_us, source, old_id, match_id, code, recognition FROM event_order
ORDER BY session, at_us, source, old_id
"""
_UNOWNED: Final = """
SELECT event, key FROM details WHERE event IS NULL
    OR event NOT IN (SELECT old_id FROM event_order WHERE source = 0)
"""

Placed = tuple[str, int, int, int, int | None, str, str]
"""A row of the plan's `event_order`."""


class Heard(Struct):
    """What the events of a match say of it; times in microseconds. `names` are those of its `at1`."""

    first_us: int
    last_us: int
    is_decided: bool = False
    names: list[tuple[AthleteName, AthleteName]] = []


class Events:
    """The old events; `made` says when each old match was made, `rounds` of which match each old round is."""

    def __init__(
        self, order: Order, *, sessions: set[str], made: dict[int, datetime | None], keys: dict[str, int]
    ) -> None:
        self._order = order
        self._sessions = sessions
        self._made = made
        self._keys = keys
        self._seen: set[tuple[str, int]] | None = set() if order.old.count(FLAT) else None
        self.counted: dict[str, Counted] = {}
        self.heard: dict[int, Heard] = {}

    def look_through(self, tell: Tell) -> None:
        """Read all events once."""
        order, total = self._order, self._order.old.count(EVENTS) + self._order.old.count(FLAT)
        if TYPES in order.old.tables:
            order.old.tables[TYPES].asked.update(_TYPE_COLUMNS)
        types = {row["id"]: text(row["code"]) for row in order.old.rows(TYPES, {"code": ("event_code", "event_name")})}
        for done, row in enumerate(order.old.rows(EVENTS, _FIELDS)):
            self._look(row, types.get(row["type"]))
            if done % _TELL_EVERY == 0:
                tell("reading events", done, total)
        before = order.old.count(EVENTS)
        for done, row in enumerate(order.old.rows(FLAT, _FLAT_FIELDS), before):
            self._look_flat(row)
            if done % _TELL_EVERY == 0:
                tell("reading events", done, total)
        order.report.table(FLAT).read = total - before
        order.report.table(EVENTS).read = before

    def _look(self, row: Row, word: str | None) -> None:
        report, raw = self._order.report, _raw(row["raw"])
        at = self._order.moment(EVENTS, row["at"], _AT)
        if raw is None or at is None:
            report.drop(
                EVENTS, "it has no text" if raw is None else "its time cannot be read", f"id {row['id']}: {raw}"
            )
            return
        session, match, at_us = str(row["session"]), row["match"], microseconds_of(at)
        if session not in self._sessions:
            report.tell(EVENTS, "its session is not there: kept without", f"id {row['id']}, session {session}")
            session = NO_SESSION
        if match is not None and match not in self._made:
            report.tell(EVENTS, "unlinked: its match is not there", f"id {row['id']}, match {match}")
            match = None
        made = None if match is None else self._made[match]
        if made is not None and abs(at - made) > APART:
            report.tell(EVENTS, "unlinked: more than a day from its match", f"id {row['id']}, match {match}")
            match = None
        if whole(row["sequence"]) == 0:
            report.tell(EVENTS, "numbered 0: numbered anew", f"id {row['id']}")
        stream = stream_of(raw, word)
        is_valid = row["valid"] is None or bool(row["valid"])
        said = text(row["recognition"])
        known = said if said in _RECOGNITIONS else _recognition(is_known=stream.is_known, is_valid=is_valid)
        self._take((session, at_us, FROM_EVENTS, row["id"], match, stream.code, known), raw=raw, is_valid=is_valid)
        if self._seen is not None:
            self._seen.add((raw, at_us // SAME_WITHIN_US))

    def _look_flat(self, row: Row) -> None:
        report, raw = self._order.report, _raw(row["raw"])
        at = self._order.moment(FLAT, row["at"], _AT)
        if raw is None or at is None:
            report.drop(FLAT, "it has no text" if raw is None else "its time cannot be read", f"id {row['id']}: {raw}")
            return
        at_us = microseconds_of(at)
        bucket = at_us // SAME_WITHIN_US
        if self._seen is not None and any((raw, near) in self._seen for near in (bucket - 1, bucket, bucket + 1)):
            report.merge(FLAT, "the same message is in pss_events_v2", f"id {row['id']}: {raw}")
            return
        said = text(row["match_id"])
        match = None if said is None else self._keys.get(said)
        if said is not None and match is None:
            report.tell(FLAT, "unlinked: its match is not there", f"id {row['id']}, match {said}")
        stream = stream_of(raw, text(row["event_type"]))
        known = _recognition(is_known=stream.is_known or stream.code != "O", is_valid=True)
        self._take((LOG, at_us, FROM_FLAT, row["id"], match, stream.code, known), raw=raw, is_valid=True)

    def _take(self, values: "Placed", *, raw: str, is_valid: bool) -> None:
        session, at_us, _, _, match, code, known = values
        self._order.plan.connection.execute("INSERT INTO event_order VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        counted = self.counted.get(session)
        if counted is None:
            counted = self.counted[session] = Counted(at_us, at_us)
        counted.add(at_us, len(raw.encode()), is_valid=is_valid, is_known=known != ResultKind.UNKNOWN)
        if match is None:
            return
        heard = self.heard.get(match)
        if heard is None:
            heard = self.heard[match] = Heard(at_us, at_us, names=[])
        heard.first_us, heard.last_us = min(heard.first_us, at_us), max(heard.last_us, at_us)
        heard.is_decided = heard.is_decided or code in ("WIN", "WMH")
        names = names_of(raw) if code == "AT1" else None
        if names is not None and names not in heard.names:
            heard.names.append(names)

    def add(self, matches: dict[int, str], rounds: dict[int, tuple[str, int]], tell: Tell) -> None:
        """Add the events to the plan; `matches` are our keys by old ids, `rounds` match and number by old ids."""
        order = self._order
        self._gather_details()
        sequence, session_before = 0, None
        for done, row in enumerate(self._ordered()):
            session, at_us, source, old_id, match, code, known = row
            sequence = sequence + 1 if session == session_before else 1
            session_before = session
            key = None if match is None else matches.get(match)
            if source == FROM_EVENTS:
                old = order.old.row(EVENTS, _FIELDS, old_id)
                item = self._event(old, key, rounds)
            else:
                item = self._flat_event(order.old.row(FLAT, _FLAT_FIELDS, old_id), key)
            values: dict[str, Any] = {
                "session": order.uuid_of(session),
                "sequence": sequence,
                "match": key,
                "code": code,
            }
            values |= {"at": text_of(of_microseconds(at_us)), "recognition": known}
            order.plan.add(EventItem(**values, **item))
            order.report.table(EVENTS if source == FROM_EVENTS else FLAT).imported += 1
            if done % _TELL_EVERY == 0:
                tell("ordering events", done, None)
        for event, name in order.plan.connection.execute(_UNOWNED).fetchall():
            order.report.drop(DETAILS, "unlinked: its event is not there", f"event {event}, {name}")

    def _ordered(self) -> Iterator[Placed]:
        # All rows at once would not fit; what is written meanwhile on this connection goes to another table.
        yield from self._order.plan.connection.execute(_IN_ORDER)

    def _event(self, old: Row, key: str | None, rounds: dict[int, tuple[str, int]]) -> dict[str, Any]:
        report = self._order.report
        raw = _raw(old["raw"]) or ""
        number = None
        if old["round"] is not None:
            match, number = rounds.get(old["round"], (None, None))
            if match is None or match != key:
                report.tell(EVENTS, "its round is not there or of another match: without", f"id {old['id']}")
                number = None
        is_valid = old["valid"] is None or bool(old["valid"])
        took = old["took"] if isinstance(old["took"], int | float) else None
        parsed = _parsed(old["parsed"])
        return {
            "round": number,
            "raw": raw,
            "parsed": None if parsed is None else _json({"imported": parsed}),
            "took_ms": took,
            "is_valid": is_valid,
            "error": text(old["error"]),
            "details": self._details(old, raw=raw, parsed=parsed),
        }

    def _flat_event(self, old: Row, key: str | None) -> dict[str, Any]:
        said = {name: _plain(old[name]) for name in _FLAT_COLUMNS if old[name] is not None}
        number = whole(old["round"]) if key is not None else None
        return {
            "round": number if number is not None and 0 < number < 100 else None,
            "raw": _raw(old["raw"]) or "",
            "parsed": _json({"imported": said}),
        }

    def _gather_details(self) -> None:
        connection, counts = self._order.plan.connection, self._order.report.table(DETAILS)
        for row in self._order.old.rows(DETAILS, _DETAIL_FIELDS):
            counts.read += 1
            key, kind = text(row["key"]), text(row["type"]) or "string"
            session = None if row["session"] is None else str(row["session"])
            values = (row["event"], session, key or "", text(row["value"]), kind)
            connection.execute("INSERT INTO details VALUES (?, ?, ?, ?, ?)", values)
        connection.execute("CREATE INDEX ix_details ON details (event)")

    def _details(self, old: Row, *, raw: str, parsed: Any) -> list[tuple[str, str | None, str]]:
        report, found = self._order.report, dict[str, tuple[str, str | None, str]]()
        select = "SELECT session, key, value, type FROM details WHERE event = ? ORDER BY rowid"
        for session, key, value, kind in self._order.plan.connection.execute(select, (old["id"],)).fetchall():
            shown = f"event {old['id']}, {key} = {value}"
            if session is not None and session != str(old["session"]):
                report.drop(DETAILS, "unlinked: its event is of another session", shown)
            elif old["id"] == AFFECTED_ROWS and not _is_said(key, value, raw=raw, parsed=parsed):
                report.drop(DETAILS, "unlinked: event 1 says nothing like it", shown)
            elif key in found:
                report.drop(DETAILS, "doubled: the event has this detail", shown)
            else:
                found[key] = (key, value, kind)
                report.table(DETAILS).imported += 1
        return list(found.values())


def _recognition(*, is_known: bool, is_valid: bool) -> str:
    if not is_known:
        return ResultKind.UNKNOWN.value
    return ResultKind.RECOGNIZED.value if is_valid else ResultKind.PARTIAL.value


def _raw(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return None if value is None else str(value)


def _plain(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _parsed(value: Any) -> Any:
    """What was read of an event, as JSON if it is that, else as the text that it is."""
    said = _raw(value)
    if not said:
        return None
    try:
        return msgspec.json.decode(said)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return said


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _is_said(key: str, value: str | None, *, raw: str, parsed: Any) -> bool:
    """Whether an event says a detail: among what was read of it, or in its own text."""
    return (isinstance(parsed, dict) and key in parsed) or (value is not None and value in raw.split(";"))
