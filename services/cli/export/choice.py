"""Turns the filters of `restrike export` into values that its SQL binds; an unknown one is told what there is."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from services.cli.export.columns import Export
from shared.errors import ValidationError
from shared.messages.match import Severity

if TYPE_CHECKING:
    from shared.db.sqlite import sqlite3

NAMED_AT_MOST: Final = 12
"""How many of what there is an error names; a venue's database may hold thousands of matches."""
_OPTIONS: Final = {"since": "--from", "until": "--to"}

_TOURNAMENTS: Final = "SELECT name FROM tournaments ORDER BY starts_on DESC, id DESC"
_TOURNAMENT: Final = "SELECT id, time_zone FROM tournaments WHERE lower(name) = lower(?)"
_ACTIVE: Final = "SELECT id, time_zone FROM tournaments WHERE is_active = 1"
_DAYS: Final = "SELECT id, tournament_id FROM tournament_days WHERE (?1 IS NULL OR tournament_id = ?1) AND "
_KNOWN_DAYS: Final = """
SELECT date FROM tournament_days WHERE ?1 IS NULL OR tournament_id = ?1
UNION SELECT date(first_loaded_at, 'localtime') FROM pss_matches WHERE ?1 IS NULL AND first_loaded_at IS NOT NULL
ORDER BY 1 DESC
"""
_BEARS: Final = """SELECT id FROM pss_matches WHERE match_id = ?1 OR match_number = ?1
UNION SELECT match_id FROM match_edits WHERE undone_at IS NULL AND json_extract(changes, '$.match_number') = ?1"""
_LOADED: Final = "SELECT id FROM pss_matches WHERE first_loaded_at >= ? AND first_loaded_at < ?"
_LATEST: Final = "SELECT DISTINCT match_number FROM pss_matches WHERE match_number IS NOT NULL ORDER BY id DESC"


class Asked(Struct, frozen=True, kw_only=True):
    """The filters as they were typed; None: not given."""

    match: str | None = None
    day: str | None = None
    tournament: str | None = None
    ring: str | None = None
    since: str | None = None
    until: str | None = None
    severity: Severity | None = None

    def given(self) -> dict[str, str]:
        """Those that were given, by their option's name without its dashes."""
        said = {name: getattr(self, name) for name in self.__struct_fields__}
        return {_OPTIONS.get(name, name).lstrip("-"): str(value) for name, value in said.items() if value is not None}


class Chosen(Struct, frozen=True, kw_only=True):
    """What the SQL binds (every name, None where nothing was asked) and in which zone times are shown."""

    values: dict[str, Any]
    filters: dict[str, str]
    zone: tzinfo | None

    def conditions(self, export: Export) -> list[str]:
        """The conditions of `export` for what was asked."""
        return [export.conditions[name] for name, value in self.values.items() if value is not None]


def choose(connection: "sqlite3.Connection", export: Export, asked: Asked) -> Chosen:
    """The values of `asked` for `export`.

    Raises:
        ValidationError: the export has no such filter, or nothing has that value; it says what there is.
    """
    matches, zone = _matches(connection, asked)
    zone = zone or _active_zone(connection)
    since = None if asked.since is None else moment(asked.since, zone, option="--from")
    until = None if asked.until is None else moment(asked.until, zone, option="--to", is_end=True)
    values = {
        "matches": None if matches is None else msgspec.json.encode(sorted(matches)).decode(),
        "ring": asked.ring,
        "since": since,
        "until": until,
        "severity": None if asked.severity is None else _at_least(asked.severity),
    }
    _refuse_foreign(export, values)
    return Chosen(values=values, filters=asked.given(), zone=zone)


def moment(said: str, zone: tzinfo | None, *, option: str, is_end: bool = False) -> str:
    """A date or a time, in `zone` (None: this machine's) unless it says its own, as the database writes it.

    A date alone as the end means the end of that day.
    """
    try:
        at = datetime.fromisoformat(said)
    except ValueError as error:
        raise ValidationError(
            "export.time", f"{option} must be a date or a time such as 2026-03-01 or 2026-03-01T14:30.", value=said
        ) from error
    if is_end and len(said) <= len("2026-03-01"):
        at += timedelta(days=1)
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone) if zone else at.astimezone()
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _matches(connection: "sqlite3.Connection", asked: Asked) -> tuple[set[int] | None, tzinfo | None]:
    """The row ids of the matches that are asked for, None for all; and the zone of their tournament."""
    found: list[set[int]] = []
    tournament, zone = None, None
    if asked.tournament is not None:
        tournament, zone = _tournament(connection, asked.tournament)
        found.append(_in_days(connection, _ids(connection, _DAYS + "TRUE", tournament)))
    if asked.day is not None:
        days, zone = _day(connection, asked.day, tournament, zone)
        found.append(days)
    if asked.match is not None:
        matches = _ids(connection, _BEARS, asked.match)
        if not matches:
            known = _names(connection, _LATEST)
            raise _unknown("match", asked.match, known, hint=" The latest: ")
        found.append(matches)
    return (set.intersection(*found) if found else None), zone


def _tournament(connection: "sqlite3.Connection", name: str) -> tuple[int, tzinfo | None]:
    row = connection.execute(_TOURNAMENT, (name,)).fetchone()
    if row is None:
        raise _unknown("tournament", name, _names(connection, _TOURNAMENTS))
    return int(row[0]), _zone(row[1])


def _day(
    connection: "sqlite3.Connection", said: str, tournament: int | None, zone: tzinfo | None
) -> tuple[set[int], tzinfo | None]:
    """The matches of a day: its number in the tournament, or its date; one without a tournament is what was loaded."""
    active = connection.execute(_ACTIVE).fetchone()
    if said.isdigit() and len(said) < len("20260301"):
        tournament = tournament or (active and int(active[0]))
        days = _ids(connection, _DAYS + "day_number = ?2", tournament, int(said)) if tournament else set()
    else:
        days = _ids(connection, _DAYS + "date = ?2", tournament, said)
    if days:
        owner = "SELECT t.time_zone FROM tournaments t JOIN tournament_days d ON d.tournament_id = t.id WHERE d.id = ?"
        return _in_days(connection, days), _zone(connection.execute(owner, (min(days),)).fetchone()[0])
    loaded = set() if tournament or not _is_date(said) else _loaded_on(connection, said, zone)
    if not loaded:
        raise _unknown("day", said, _names(connection, _KNOWN_DAYS, tournament))
    return loaded, zone


def _loaded_on(connection: "sqlite3.Connection", date: str, zone: tzinfo | None) -> set[int]:
    first, last = (moment(date, zone, option="--day", is_end=is_end) for is_end in (False, True))
    return _ids(connection, _LOADED, first, last)


def _in_days(connection: "sqlite3.Connection", days: Iterable[int]) -> set[int]:
    listed = msgspec.json.encode(sorted(days)).decode()
    select = "SELECT id FROM pss_matches WHERE tournament_day_id IN (SELECT value FROM json_each(?))"
    return _ids(connection, select, listed)


def _active_zone(connection: "sqlite3.Connection") -> tzinfo | None:
    row = connection.execute(_ACTIVE).fetchone()
    return None if row is None else _zone(row[1])


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # a name that this machine has no rules for: its own zone is shown, and said
        return None


def _refuse_foreign(export: Export, values: dict[str, Any]) -> None:
    """Refuse a filter that `export` does not have, rather than leave it unheard."""
    options = {"matches": "--match, --day, --tournament", "ring": "--ring", "since": "--from", "until": "--to"}
    options["severity"] = "--severity"
    for name, value in values.items():
        if value is not None and name not in export.conditions:
            known = ", ".join(options[condition] for condition in export.conditions) or "no filter"
            raise ValidationError("export.filter", f"{export.title} cannot be chosen by that. It takes: {known}.")


def _at_least(severity: Severity) -> str:
    order = list(Severity)
    return msgspec.json.encode(order[order.index(severity) :]).decode()


def _is_date(said: str) -> bool:
    try:
        return bool(datetime.strptime(said, "%Y-%m-%d").replace(tzinfo=UTC))
    except ValueError:
        return False


def _ids(connection: "sqlite3.Connection", sql: str, *values: object) -> set[int]:
    return {int(row[0]) for row in connection.execute(sql, values) if row[0] is not None}


def _names(connection: "sqlite3.Connection", sql: str, *values: object) -> list[str]:
    return [str(row[0]) for row in connection.execute(sql, values).fetchmany(NAMED_AT_MOST + 1)]


def _unknown(what: str, value: str, known: list[str], *, hint: str = " Known: ") -> ValidationError:
    more = ", …" if len(known) > NAMED_AT_MOST else ""
    said = f"{hint}{', '.join(known[:NAMED_AT_MOST])}{more}." if known else f" No {what} is stored yet."
    return ValidationError(f"{what}.unknown", f"There is no {what} {value}.{said}", value=value)
