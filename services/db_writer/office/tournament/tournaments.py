"""Tournaments and their days, made and changed by operators; db-writer, or `once` without it."""

from datetime import date
from typing import Any, Final

import msgspec

from services.db_writer.office.desk import Act, Desk
from services.db_writer.office.tournament import fields, rows
from services.db_writer.office.tournament.days import fit_days, grow
from services.db_writer.office.tournament.logos import logo_type
from services.db_writer.office.tournament.time_zones import today_in, zone_of, zone_of_machine
from shared.clock import utc_now_iso
from shared.db.sqlite import sqlite3
from shared.errors import ValidationError
from shared.messages.topics import TOURNAMENT_CHANGED
from shared.messages.tournaments import (
    ActivateDay,
    RemoveTournament,
    SaveDay,
    SaveTournament,
    Tournament,
    TournamentChanged,
    TournamentStatus,
)
from shared.rules import find as find_rules

TODAY: Final = "today"
_HELD: Final = """
SELECT count(*) FROM pss_matches m JOIN tournament_days d ON d.id = m.tournament_day_id WHERE d.tournament_id = ?
"""


def save_tournament(desk: Desk, command: SaveTournament) -> Tournament:
    """Make a tournament or change one.

    Raises:
        ValidationError: a field is not acceptable, the name is taken, or there is no such tournament.
        ConfigError: there is no such rule set.
    """
    action = "tournament.new" if command.is_new else "tournament.edit"
    with desk.acting(_act(command, action, command.tournament)) as connection:
        changes = _changes(desk, command)
        row = None if command.is_new else rows.meant(connection, command.tournament)
        wanted = fields.name_of(command.rename or command.tournament)
        if row is None or command.rename is not None:
            _check_free(connection, wanted, row)
            changes["name"] = wanted
        starts, ends = _dates(command, row)
        dates = fields.dates_between(starts, ends)
        changes |= {"starts_on": starts.isoformat(), "ends_on": ends.isoformat()}
        if row is None:
            changes.setdefault("time_zone", zone_of_machine())
        tournament_id = _write(connection, row, changes)
        if row is None or (row.starts_on, row.ends_on) != (changes["starts_on"], changes["ends_on"]):
            fit_days(connection, tournament_id, dates)
        if command.status is not None and row is not None and row.status is TournamentStatus.ACTIVE:
            _rest_days(connection, tournament_id, today=today_in(changes.get("time_zone", row.time_zone)))
        name = changes.get("name") or (row.name if row else wanted)
    return tell(desk, name, command.author)


def remove_tournament(desk: Desk, command: RemoveTournament) -> Tournament:
    """Remove a tournament that no match belongs to.

    Raises:
        ValidationError: there is none, it is active, or matches belong to it.
    """
    with desk.acting(_act(command, "tournament.remove", command.tournament)) as connection:
        row = rows.meant(connection, command.tournament)
        removed = rows.shown(connection, row)
        if row.status is TournamentStatus.ACTIVE:
            sentence = f"{row.name} is active; first: restrike tournament deactivate"
            raise ValidationError("tournament.active", sentence)
        (matches,) = connection.execute(_HELD, (row.id,)).fetchone()
        if matches:
            sentence = f"{matches} matches belong to {row.name}; it can be cancelled or finished, but not removed."
            raise ValidationError("tournament.has_matches", sentence)
        days = "SELECT id FROM tournament_days WHERE tournament_id = ?"
        connection.execute(f"DELETE FROM planned_matches WHERE tournament_day_id IN ({days})", (row.id,))
        connection.execute("DELETE FROM tournament_days WHERE tournament_id = ?", (row.id,))
        connection.execute("DELETE FROM tournaments WHERE id = ?", (row.id,))
    desk.publish(TOURNAMENT_CHANGED, TournamentChanged(tournament=removed, active_day=None, author=command.author))
    return removed


def save_day(desk: Desk, command: SaveDay) -> Tournament:
    """Add a day to a tournament, or change one.

    Raises:
        ValidationError: a field is not acceptable, or there is no such tournament.
    """
    with desk.acting(_act(command, "tournament.day", command.tournament)) as connection:
        row = rows.meant(connection, command.tournament)
        day = fields.date_of(command.date)
        is_there = command.date in rows.day_ids(connection, row.id)
        if command.is_new and is_there:
            raise ValidationError("tournament.day_there", f"{row.name} has this day already.", value=command.date)
        if not is_there and command.is_new is not False:
            grow(connection, row, [day])
        day_id = rows.meant_day(connection, row, day)
        changes: dict[str, Any] = {}
        if command.title is not None:
            changes["title"] = fields.text_of(command.title, what="title")
        if command.status is not None:
            changes |= {"status": fields.status_of(command.status).value, "is_active": 0}
        change_day(connection, day_id, changes)
    return tell(desk, row.name, command.author)


def change_day(connection: "sqlite3.Connection", day_id: int, changes: dict[str, Any]) -> None:
    """Write columns of a day."""
    if changes:
        assigned = ", ".join(f"{column} = ?" for column in changes)
        values = (*changes.values(), utc_now_iso(), day_id)
        connection.execute(f"UPDATE tournament_days SET {assigned}, updated_at = ? WHERE id = ?", values)


def activate_day(desk: Desk, command: ActivateDay) -> Tournament:
    """Let new matches belong to a tournament, to one of its days, or to none.

    Raises:
        ValidationError: there is no such tournament or day, it is cancelled, or none was active.
    """
    action = "tournament.deactivate" if command.tournament is None else "tournament.activate"
    with desk.acting(_act(command, action, command.tournament)) as connection:
        before = rows.active(connection)
        if command.tournament is None:
            if before is None:
                raise ValidationError("tournament.none_active", "No tournament is active.")
            row = before
            _rest(connection, before)
        else:
            row = rows.meant(connection, command.tournament)
            if row.status is TournamentStatus.CANCELLED:
                sentence = f"{row.name} is cancelled; first: restrike tournament edit {row.name!r} --status planned"
                raise ValidationError("tournament.cancelled", sentence)
            day_id = None if command.date is None else rows.meant_day(connection, row, _day(row, command.date))
            if before is not None:
                _rest(connection, before)
            _activate(connection, row.id, day_id)
    if before is not None and before.id != row.id:
        tell(desk, before.name, command.author)
    return tell(desk, row.name, command.author)


def _activate(connection: "sqlite3.Connection", tournament_id: int, day_id: int | None) -> None:
    values = (TournamentStatus.ACTIVE.value, utc_now_iso())
    for table, row_id in (("tournaments", tournament_id), ("tournament_days", day_id)):
        if row_id is not None:
            sql = f"UPDATE {table} SET is_active = 1, status = ?, updated_at = ? WHERE id = ?"
            connection.execute(sql, (*values, row_id))


def _rest(connection: "sqlite3.Connection", row: rows.Row) -> None:
    """End the activity of the active tournament: it is finished once its last day is over, else planned again."""
    today = today_in(row.time_zone)
    status = TournamentStatus.FINISHED if fields.date_of(row.ends_on) < today else TournamentStatus.PLANNED
    connection.execute(
        "UPDATE tournaments SET is_active = 0, status = ?, updated_at = ? WHERE id = ?",
        (status.value, utc_now_iso(), row.id),
    )
    _rest_days(connection, row.id, today=today)


def _rest_days(connection: "sqlite3.Connection", tournament_id: int, *, today: date) -> None:
    connection.execute(
        "UPDATE tournament_days SET is_active = 0, status = iif(date < ?, ?, ?), updated_at = ?"
        " WHERE tournament_id = ? AND is_active = 1",
        (
            today.isoformat(),
            TournamentStatus.FINISHED.value,
            TournamentStatus.PLANNED.value,
            utc_now_iso(),
            tournament_id,
        ),
    )


def _changes(desk: Desk, command: SaveTournament) -> dict[str, Any]:
    """The columns that the command names, but its name and dates."""
    changes: dict[str, Any] = {}
    if command.location is not None:
        changes["location"] = fields.text_of(command.location, what="location")
    if command.noc is not None:
        changes["country_code"] = fields.noc_of(command.noc)
    if command.time_zone is not None:
        changes["time_zone"] = zone_of(command.time_zone).key
    if command.rule_set is not None:
        changes["rule_set"] = find_rules(command.rule_set, desk.paths.rules).name if command.rule_set else None
    if command.logo is not None:
        kind = logo_type(command.logo) if command.logo else None
        changes |= {"logo": command.logo or None, "logo_type": kind}
    if command.status is not None:
        changes |= {"status": fields.status_of(command.status).value, "is_active": 0}
    return changes


def _dates(command: SaveTournament, row: rows.Row | None) -> tuple[date, date]:
    starts, ends = command.starts_on, command.ends_on
    if row is not None:
        return fields.date_of(starts or row.starts_on), fields.date_of(ends or row.ends_on)
    if starts is None:
        raise ValidationError("tournament.dates", "A new tournament needs its first day: give --from yyyy-mm-dd.")
    return fields.date_of(starts), fields.date_of(ends or starts)


def _check_free(connection: "sqlite3.Connection", name: str, row: rows.Row | None) -> None:
    taken = rows.find(connection, name)
    if taken is not None and (row is None or taken.id != row.id):
        sentence = f"There is a tournament {taken.name} already; take another name, or edit that one."
        raise ValidationError("tournament.name_taken", sentence, value=name)


def _write(connection: "sqlite3.Connection", row: rows.Row | None, changes: dict[str, Any]) -> int:
    if row is None:
        columns, marks = ", ".join(changes), ", ".join("?" * len(changes))
        sql = f"INSERT INTO tournaments ({columns}) VALUES ({marks}) RETURNING id"
        (made,) = connection.execute(sql, tuple(changes.values())).fetchone()
        return int(made)
    assigned = ", ".join(f"{column} = ?" for column in changes)
    values = (*changes.values(), utc_now_iso(), row.id)
    connection.execute(f"UPDATE tournaments SET {assigned}, updated_at = ? WHERE id = ?", values)
    return row.id


def _day(row: rows.Row, said: str) -> date:
    return today_in(row.time_zone) if said == TODAY else fields.date_of(said)


def _act(command: Any, action: str, target: str | None) -> Act:
    """The act for the audit: what the command says, but no pictures."""
    said = msgspec.structs.asdict(command)
    details = {
        name: f"{len(value)} bytes" if isinstance(value, bytes) else value
        for name, value in said.items()
        if value not in (None, False) and name not in ("author", "tournament", "is_new")
    }
    return Act(author=command.author, action=action, target=target, details=details)


def tell(desk: Desk, name: str, author: str) -> Tournament:
    """Publish how a tournament stands now, and return it."""
    shown = rows.shown(desk.connection, rows.meant(desk.connection, name))
    day = next((day.number for day in shown.days if day.status is TournamentStatus.ACTIVE), None)
    desk.publish(TOURNAMENT_CHANGED, TournamentChanged(tournament=shown, active_day=day, author=author))
    return shown
