"""Reads tournaments, their days and matches from the database, read-only; for `restrike tournament`."""

from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from services.cli.stored_rows import rows
from shared.errors import ValidationError
from shared.messages.tournaments import Day, Tournament, TournamentStatus

_TOURNAMENTS: Final = """
SELECT id, name, location, country_code, starts_on, ends_on, time_zone, rule_set, logo_type, status FROM tournaments
ORDER BY starts_on DESC, id DESC
"""
_DAYS: Final = """
SELECT tournament_id, day_number, date, title, status,
    (SELECT count(*) FROM pss_matches m WHERE m.tournament_day_id = d.id),
    (SELECT count(*) FROM planned_matches p WHERE p.tournament_day_id = d.id)
FROM tournament_days d ORDER BY tournament_id, day_number
"""
_DAY: Final = """
SELECT d.id FROM tournament_days d JOIN tournaments t ON t.id = d.tournament_id WHERE t.name = ? AND d.date = ?
"""
_WHO: Final = "{side}.long_name, {side}.country_code"
_FOUGHT: Final = "coalesce({side}.long_name, m{side}.shown_long_name), coalesce({side}.country_code, m{side}.shown_noc)"
_SIDES: Final = """
LEFT JOIN pss_match_athletes mc ON mc.match_id = m.id AND mc.athlete_position = 1
LEFT JOIN pss_athletes c ON c.id = mc.athlete_id
LEFT JOIN pss_match_athletes mh ON mh.match_id = m.id AND mh.athlete_position = 2
LEFT JOIN pss_athletes h ON h.id = mh.athlete_id
"""
# What was drawn with the match that was fought of it, and then what was fought without being drawn.
_MATCHES: Final = f"""
SELECT p.match_number, p.ring, p.scheduled_at, p.phase, p.category, p.weight_class, p.division,
    {_WHO.format(side="pc")}, {_WHO.format(side="ph")}, m.match_id, m.status,
    {_FOUGHT.format(side="c")}, {_FOUGHT.format(side="h")}, m.weight_class,
    p.chong_athlete_id <> c.id, p.hong_athlete_id <> h.id
FROM planned_matches p LEFT JOIN pss_athletes pc ON pc.id = p.chong_athlete_id
LEFT JOIN pss_athletes ph ON ph.id = p.hong_athlete_id LEFT JOIN pss_matches m ON m.id = p.match_id
{_SIDES}
WHERE p.tournament_day_id = ?1
UNION ALL
SELECT m.match_number, m.ring, NULL, m.category, NULL, m.weight_class, m.division,
    {_FOUGHT.format(side="c")}, {_FOUGHT.format(side="h")}, m.match_id, m.status, NULL, NULL, NULL, NULL, NULL, 0, 0
FROM pss_matches m
{_SIDES}
WHERE m.tournament_day_id = ?1 AND NOT EXISTS (SELECT 1 FROM planned_matches p WHERE p.match_id = m.id)
"""


class DayMatch(Struct, frozen=True, kw_only=True):
    """A match of a day, drawn or fought or both; `scheduled_at` is UTC, `match_id` None until it is loaded.

    Of a drawn one `fought_…` say who stood there, and `differs` which of the two and the weight are others than drawn.
    """

    match_number: str | None
    ring: str | None
    scheduled_at: str | None
    phase: str | None
    category: str | None
    weight_class: str | None
    division: str | None
    chong: str | None
    chong_noc: str | None
    hong: str | None
    hong_noc: str | None
    match_id: str | None
    status: str | None
    fought_chong: str | None
    fought_chong_noc: str | None
    fought_hong: str | None
    fought_hong_noc: str | None
    fought_weight_class: str | None
    differs: list[str]


def read_tournaments(path: Path) -> list[Tournament]:
    """All tournaments, the latest first.

    Raises:
        DatabaseError: the database cannot be read.
    """
    days: dict[int, list[Day]] = {}
    for tournament, number, date, title, status, matches, planned in rows(path, _DAYS):
        day = Day(
            number=number,
            date=date,
            title=title,
            status=TournamentStatus(status),
            matches=matches,
            planned_matches=planned,
        )
        days.setdefault(tournament, []).append(day)
    return [_tournament(row, days.get(row[0], [])) for row in rows(path, _TOURNAMENTS)]


def read_tournament(path: Path, name: str | None) -> Tournament:
    """The tournament of that name, without one the active one.

    Raises:
        ValidationError: there is none.
    """
    known = read_tournaments(path)
    names = ", ".join(one.tournament for one in known) or "none"
    if name is None:
        found = [one for one in known if one.status is TournamentStatus.ACTIVE]
        if not found:
            raise ValidationError("tournament.none_active", f"No tournament is active: name one. Known: {names}.")
        return found[0]
    wanted = " ".join(name.split())
    exact = [one for one in known if one.tournament == wanted]
    found = exact or [one for one in known if one.tournament.casefold() == wanted.casefold()]
    if not found:
        raise ValidationError("tournament.unknown", f"There is no such tournament. Known: {names}.", value=name)
    return found[0]


def read_matches_of(path: Path, tournament: Tournament, date: str) -> list[DayMatch]:
    """The matches of a day by time, ring and number.

    Raises:
        ValidationError: the tournament has no such day.
    """
    day = rows(path, _DAY, tournament.tournament, date)
    if not day:
        known = ", ".join(one.date for one in tournament.days)
        raise ValidationError("tournament.no_such_day", f"{tournament.tournament} has {known}.", value=date)
    return sorted((_match(row) for row in rows(path, _MATCHES, day[0][0])), key=_order)


def _match(row: tuple[Any, ...]) -> DayMatch:
    *values, is_other_chong, is_other_hong = row
    said = dict(zip(DayMatch.__struct_fields__, values, strict=False))
    drawn, fought = _weight(said["weight_class"]), _weight(said["fought_weight_class"])
    is_other_weight = bool(drawn and fought) and drawn != fought
    found = {"chong": is_other_chong, "hong": is_other_hong, "weight_class": is_other_weight}
    return DayMatch(**said, differs=[name for name, is_other in found.items() if is_other])


def _weight(text: str | None) -> str:
    """`W -57 kg` and `w-57kg` are the same."""
    return "".join(sign for sign in (text or "").casefold() if sign.isalnum() or sign == "+").removesuffix("kg")


def _order(match: DayMatch) -> tuple[str, str, int, str]:
    number = match.match_number or ""
    return match.scheduled_at or "~", match.ring or "~", len(number), number


def _tournament(row: tuple[Any, ...], days: list[Day]) -> Tournament:
    names = ("tournament", "location", "noc", "starts_on", "ends_on", "time_zone", "rule_set", "logo_type", "status")
    values = dict(zip(names, row[1:], strict=True))
    values["status"] = TournamentStatus(values["status"])
    return Tournament(**values, days=days)
