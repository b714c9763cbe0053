"""Tournaments, days and matches as `restrike tournament` prints them, at most 100 columns wide."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from services.cli import output
from shared.messages.tournaments import Tournament, TournamentStatus

if TYPE_CHECKING:
    from services.cli.tournament.stored import DayMatch

LIST: Final = ("tournament", "from", "to", "location", "rule set", "matches", "status")
DAYS: Final = ("day", "date", "title", "matches", "drawn", "status")
MATCHES: Final = ("time", "ring", "match", "weight", "chong", "hong", "id")
OTHER: Final = "!"
"""Marks a match that was not fought as it was drawn."""
_WIDTHS: Final = {"name": 26, "location": 14, "rules": 12, "title": 40, "word": 8, "weight": 10, "athlete": 13}


def tournament_row(one: Tournament) -> tuple[object, ...]:
    """The cells of `LIST`."""
    matches = sum(day.matches for day in one.days)
    name, place = _cut(one.tournament, "name"), _cut(one.location, "location")
    rules = _cut(one.rule_set, "rules")
    return (name, one.starts_on, one.ends_on, place, rules, matches or None, one.status.value)


def described(one: Tournament) -> str:
    """A tournament in full, with its days."""
    where = ", ".join(word for word in (one.location, one.noc) if word)
    head = [
        f"{one.tournament} ({one.status.value})",
        f"{one.starts_on} to {one.ends_on}, {one.time_zone}{f', {where}' if where else ''}",
        f"rule set {one.rule_set or 'of each ring'}, {one.logo_type or 'no'} logo",
        active_sentence(one),
    ]
    return "\n".join([*head, "", days_table(one)])


def days_table(one: Tournament) -> str:
    """Its days."""
    rows = [
        (
            day.number,
            day.date,
            _cut(day.title, "title"),
            day.matches or None,
            day.planned_matches or None,
            day.status.value,
        )
        for day in one.days
    ]
    return output.table(DAYS, rows)


def active_sentence(one: Tournament) -> str:
    """Where matches that are loaded now belong to."""
    if one.status is not TournamentStatus.ACTIVE:
        return "Not active: new matches do not belong to it."
    day = next((day for day in one.days if day.status is TournamentStatus.ACTIVE), None)
    if day is not None:
        return f"Active: new matches belong to day {day.number}, {day.date}."
    return "Active: new matches belong to the day of their own date."


def without_day(one: Tournament, now_iso_utc: str) -> str | None:
    """A sentence where it is active, but no day of it is today's; None where all is well."""
    today = local(now_iso_utc, one.time_zone).date().isoformat()
    is_chosen = any(day.status is TournamentStatus.ACTIVE for day in one.days)
    if is_chosen or today in [day.date for day in one.days]:
        return None
    return f"Today, {today}, is none of its days: matches of today belong to no day. Choose one with --date."


def matches_table(matches: "list[DayMatch]", zone: str) -> str:
    """The matches of a day; times are those of the tournament. Below them, what was fought other than drawn."""
    others = [f"{OTHER} {_fought(match)}" for match in matches if match.differs]
    return "\n".join([output.table(MATCHES, [_match(match, zone) for match in matches]), *others])


def _fought(match: "DayMatch") -> str:
    """A sentence about a match that others than those drawn stood in."""
    chong, hong = _who(match.fought_chong, match.fought_chong_noc), _who(match.fought_hong, match.fought_hong_noc)
    what = ", ".join(name.replace("_class", "") for name in match.differs)
    weight = f" in {_cut(match.fought_weight_class, 'weight')}" if match.fought_weight_class else ""
    number = _cut(match.match_number, "word")
    return output.one_line(f"{number}: fought by {chong or '?'} and {hong or '?'}{weight}; another {what} was drawn.")


def date_meant(one: Tournament, date: str, now_iso_utc: str) -> str:
    """`date`; `today` is that where the tournament takes place."""
    return local(now_iso_utc, one.time_zone).date().isoformat() if date == "today" else date


def _match(match: "DayMatch", zone: str) -> tuple[object, ...]:
    at = None
    if match.scheduled_at:
        at = f"{local(match.scheduled_at, zone):%H:%M}"
    ring, number = _cut(match.ring, "word"), _cut(match.match_number, "word")
    if match.differs:
        number = f"{number}{OTHER}"
    weight = _cut(match.weight_class, "weight")
    chong, hong = _who(match.chong, match.chong_noc), _who(match.hong, match.hong_noc)
    return (at, ring, number, weight, chong, hong, match.match_id)


def local(iso_utc: str, zone: str) -> datetime:
    """A stored UTC time where the tournament takes place, on this machine where its zone is not known."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415  # other commands start without it

    moment = datetime.fromisoformat(iso_utc)
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment.astimezone()


def _who(name: str | None, noc: str | None) -> str | None:
    if name is None:
        return None
    return f"{_cut(name, 'athlete')} {noc or ''}".rstrip()


def _cut(text: str | None, kind: str) -> str | None:
    width = _WIDTHS[kind]
    return text if text is None or len(text) <= width else text[: width - 1] + "…"
