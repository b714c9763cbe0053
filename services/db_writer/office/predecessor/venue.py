"""Old tournaments and their days, OBS connections, and mappings of flags that somebody made."""

import itertools
import re
import unicodedata
from datetime import date
from typing import Any, Final

from msgspec.structs import replace

from services.db_writer.office.predecessor.items import ConnectionItem, Day, FlagItem, TournamentItem
from services.db_writer.office.predecessor.old_file import Fields, Row, text, whole
from services.db_writer.office.predecessor.order import Order
from services.db_writer.office.tournament.fields import dates_between, name_of, noc_of
from services.db_writer.office.tournament.time_zones import zone_of
from shared.errors import ValidationError
from shared.settings.secrets import PREFIX

TOURNAMENTS: Final = "tournaments"
DAYS: Final = "tournament_days"
CONNECTIONS: Final = "obs_connections"
FLAGS: Final = "flag_mappings"
MOST_OF_NAME: Final = 32
"""Characters of a connection's name."""
MADE_AND_CHANGED: Final[Fields] = {"made": ("created_at",), "changed": ("updated_at",)}
_FIELDS: Final[Fields] = {
    "name": ("name", "title"),
    "location": ("location", "venue", "city"),
    "noc": ("country_code", "noc"),
    "starts": ("starts_on", "start_date", "date_from"),
    "ends": ("ends_on", "end_date", "date_to"),
    "zone": ("time_zone", "timezone"),
    "status": ("status",),
    "active": ("is_active",),
    **MADE_AND_CHANGED,
}
_DAY_FIELDS: Final[Fields] = {
    "tournament": ("tournament_id",),
    "date": ("date", "day_date"),
    "title": ("title", "name"),
    "number": ("day_number",),
    "status": ("status",),
    "active": ("is_active",),
    **MADE_AND_CHANGED,
}
_CONNECTION_FIELDS: Final[Fields] = {
    "name": ("name",),
    "host": ("host",),
    "port": ("port",),
    "password": ("password",),
    "active": ("is_active",),
    "status": ("status",),
    "error": ("error",),
    **MADE_AND_CHANGED,
}
_FLAG_FIELDS: Final[Fields] = {
    "pss": ("pss_code",),
    "ioc": ("ioc_code",),
    "name": ("country_name",),
    "custom": ("is_custom",),
    **MADE_AND_CHANGED,
}
_ENCRYPTED: Final = re.compile(
    r"gAAAAA[\w=-]{60,}|(enc|encrypted|aes|fernet|dpapi)[:(].*|\$\w+\$.*", re.IGNORECASE | re.ASCII
)
"""What an encrypted text looks like: a Fernet token, a marked one, a hash."""


def add_tournaments(order: Order, zone: str) -> dict[int, tuple[str, str]]:
    """Add tournaments with their days to the plan; name and date of each old day."""
    report, days = order.report, dict[int, tuple[str, str]]()
    by_tournament: dict[Any, list[tuple[Row, date]]] = {}
    tournaments = list(order.old.rows(TOURNAMENTS, _FIELDS))
    known = {row["id"] for row in tournaments}
    for row in order.old.rows(DAYS, _DAY_FIELDS):
        report.table(DAYS).read += 1
        on = _date(order, row["date"])
        if row["tournament"] not in known:
            report.drop(DAYS, "unlinked: its tournament is not there", f"id {row['id']}")
        elif on is None:
            report.drop(DAYS, "its date cannot be read", f"id {row['id']}: {row['date']}")
        else:
            by_tournament.setdefault(row["tournament"], []).append((row, on))
    for row in tournaments:
        report.table(TOURNAMENTS).read += 1
        mine = by_tournament.get(row["id"], [])
        try:
            item = _tournament(order, row, [on for _, on in mine], zone)
        except ValidationError as error:
            report.drop(TOURNAMENTS, error.message, f"id {row['id']}: {row['name']}")
            for day, _ in mine:
                report.drop(DAYS, "its tournament was left out", f"id {day['id']}")
            continue
        report.table(TOURNAMENTS).imported += 1
        titles: dict[str, str | None] = {}
        for day, on in mine:
            counts = report.table(DAYS)
            if on.isoformat() in titles:
                report.merge(DAYS, "the same date of a tournament again", f"id {day['id']}: {on}")
            else:
                counts.imported += 1
            titles.setdefault(on.isoformat(), text(day["title"]))
            days[day["id"]] = (item.name, on.isoformat())
        order.plan.add(_with_days(item, titles))
    return days


def _with_days(item: TournamentItem, titles: dict[str, str | None]) -> TournamentItem:
    listed = dates_between(date.fromisoformat(item.starts_on), date.fromisoformat(item.ends_on))
    return replace(item, days=[Day(date=on.isoformat(), title=titles.get(on.isoformat())) for on in listed])


def _tournament(order: Order, row: Row, dates: list[date], zone: str) -> TournamentItem:
    name = name_of(text(row["name"]) or "")
    said = [on for on in (_date(order, row["starts"]), _date(order, row["ends"]), *dates) if on is not None]
    if not said:
        raise ValidationError("import.dates", "It has no date that can be read.")
    dates_between(min(said), max(said))
    try:
        time_zone = zone_of(text(row["zone"]) or zone).key
    except ValidationError:
        order.report.tell(TOURNAMENTS, f"its time zone is not known: {zone}", f"{name}: {row['zone']}")
        time_zone = zone
    try:
        noc = noc_of(text(row["noc"]) or "")
    except ValidationError:
        noc = None
    starts, ends = min(said).isoformat(), max(said).isoformat()
    location = text(row["location"])
    return TournamentItem(name=name, location=location, noc=noc, starts_on=starts, ends_on=ends, time_zone=time_zone)


def _date(order: Order, value: Any) -> date | None:
    said = text(value)
    if said is None:
        return None
    try:
        return date.fromisoformat(said[:10])
    except ValueError:
        moment = order.times.read(value, column="tournaments.dates")
        return None if moment is None else moment.date()


def add_connections(order: Order) -> None:
    """Add the OBS connections to the plan."""
    report, taken = order.report, set[str]()
    for row in order.old.rows(CONNECTIONS, _CONNECTION_FIELDS):
        report.table(CONNECTIONS).read += 1
        name, host, port = text(row["name"]), text(row["host"]), whole(row["port"])
        if name is None or host is None or port is None or not 0 < port < 65_536:
            report.drop(CONNECTIONS, "it has no name, host or port", f"id {row['id']}: {name}")
            continue
        password = _password(row["password"])
        if row["password"] not in (None, "", b"") and password is None:
            report.tell(CONNECTIONS, "its password is encrypted: left empty, set it anew", name)
        is_active = row["active"] is None or bool(row["active"])
        ours = connection_name(name, taken)
        if ours != name:
            report.tell(CONNECTIONS, "its name has other letters here", f"{name}: {ours}")
        report.table(CONNECTIONS).imported += 1
        order.plan.add(ConnectionItem(name=ours, host=host, port=port, password=password, is_active=is_active))


def connection_name(said: str, taken: set[str]) -> str:
    """The nearest name that a connection may have and that is not `taken`, which it is then: `Court 1`, `court-1`."""
    letters = unicodedata.normalize("NFKD", said.lower()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:MOST_OF_NAME] or "obs"
    numbered = (f"{name[: MOST_OF_NAME - 4]}-{number}" for number in itertools.count(2))
    free = next(one for one in itertools.chain([name], numbered) if one not in taken)
    taken.add(free)
    return free


def add_flags(order: Order) -> None:
    """Add the mappings that somebody made to the plan; the others are ours anyway."""
    report = order.report
    for row in order.old.rows(FLAGS, _FLAG_FIELDS):
        report.table(FLAGS).read += 1
        code, ioc, name = text(row["pss"]), text(row["ioc"]), text(row["name"])
        if not row["custom"]:
            report.merge(FLAGS, "not made by anybody: the program has its own", code)
        elif code is None or ioc is None:
            report.drop(FLAGS, "it has no codes", f"id {row['id']}")
        else:
            report.table(FLAGS).imported += 1
            order.plan.add(FlagItem(pss_code=code, ioc_code=ioc, country_name=name or ioc))


def _password(value: Any) -> str | None:
    """A password in clear; None for none, and for what the predecessor encrypted: its key is not in the file."""
    if not isinstance(value, str) or not value or not value.isprintable():
        return None
    return None if value.startswith(PREFIX) or _ENCRYPTED.fullmatch(value) else value
