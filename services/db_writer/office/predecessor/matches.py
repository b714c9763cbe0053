"""Old matches and athletes: rows of one match that each re-load multiplied become one, and people who share a short
name are told apart again where the match's own `at1` says who fought.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from services.db_writer.athletes import athlete_code
from services.db_writer.office.predecessor.events import Heard
from services.db_writer.office.predecessor.items import AthleteItem, Declared, MatchItem, Side
from services.db_writer.office.predecessor.old_file import Fields, Row, text, whole
from services.db_writer.office.predecessor.order import Order
from services.db_writer.office.predecessor.times import of_microseconds, text_or_none
from shared.messages.pss import AthleteName

MATCHES: Final = "pss_matches"
ATHLETES: Final = "pss_athletes"
SIDES: Final = "pss_match_athletes"
RESULTS: Final = ("match_results", "pss_match_results", "results")
"""Tables that may hold results; the page of the predecessor's tables gives no name."""
RELOADED_WITHIN: Final = timedelta(days=1)
"""Rows of the same number, athletes and weight are one match if they were made within this time of the first."""
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_MADE: Final = ("first_loaded_at", "created_at")
_FIELDS: Final[Fields] = {
    "key": ("match_id",),
    "number": ("match_number",),
    "category": ("category",),
    "weight_class": ("weight_class",),
    "division": ("division",),
    "total_rounds": ("total_rounds",),
    "round_duration": ("round_duration",),
    "countdown_type": ("countdown_type",),
    "format_type": ("format_type",),
    "ring": ("ring", "ring_name"),
    "made": _MADE,
    "day": ("tournament_day_id", "day_id"),
    "loads": ("load_count",),
    "winner": ("winner", "winner_athlete_position"),
    "decision": ("decision", "decision_code"),
    "mode": ("creation_mode",),
    "changed": ("updated_at",),
}
_TEXTS: Final = ("category", "weight_class", "division", "countdown_type", "format_type")
_ATHLETE_FIELDS: Final[Fields] = {
    "code": ("athlete_code",),
    "short": ("short_name",),
    "long": ("long_name",),
    "noc": ("country_code", "noc"),
    "flag": ("flag_id",),
    "made": ("created_at",),
    "changed": ("updated_at",),
}
_SIDE_FIELDS: Final[Fields] = {
    "match": ("match_id",),
    "athlete": ("athlete_id",),
    "position": ("athlete_position",),
    "background": ("bg_color",),
    "foreground": ("fg_color",),
    "made": ("created_at",),
    "changed": ("updated_at",),
}
_RESULT_FIELDS: Final[Fields] = {
    "match": ("match_id",),
    "winner": ("declared_winner", "winner", "winner_athlete_position"),
    "decision": ("declared_decision", "decision", "decision_code"),
    "chong": ("declared_rounds_chong", "rounds_won_chong", "rounds_won_blue", "rounds_won_1"),
    "hong": ("declared_rounds_hong", "rounds_won_hong", "rounds_won_red", "rounds_won_2"),
}
_WINNERS: Final = {"1": 1, "blue": 1, "chong": 1, "2": 2, "red": 2, "hong": 2}


class Group(Struct):
    """The rows of one match, the oldest first, and when they were made."""

    rows: list[Row]
    first: datetime | None
    last: datetime | None


class Matches:
    """The old matches, their athletes and results. `keys`: our keys by old ids, after `merge`."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._rows = {row["id"]: row for row in order.old.rows(MATCHES, _FIELDS)}
        self.made = {row_id: order.moment(MATCHES, row["made"], _MADE) for row_id, row in self._rows.items()}
        self.texts = {key: row_id for row_id, row in self._rows.items() if (key := text(row["key"])) is not None}
        self._athletes = {row["id"]: row for row in order.old.rows(ATHLETES, _ATHLETE_FIELDS)}
        self._people: dict[str, AthleteItem] = {}
        self._sides: dict[int, dict[int, Side]] = {}
        self._groups: list[Group] = []
        self.keys: dict[int, str] = {}
        order.report.table(MATCHES).read = len(self._rows)

    def read_athletes(self) -> None:
        """Those of the old table."""
        report, counts = self._order.report, self._order.report.table(ATHLETES)
        for row in self._athletes.values():
            counts.read += 1
            name = _name(row)
            if athlete_code(name) is None:
                report.drop(
                    ATHLETES, "it has no long name: nobody can be told by less", f"id {row['id']}: {name.short_name}"
                )
            elif self._person(name):
                counts.imported += 1
            else:
                report.merge(ATHLETES, "the same long name and NOC again", f"id {row['id']}: {name.long_name}")

    def read_sides(self, heard: Mapping[int, Heard]) -> None:
        """Who stood on which side, as the row says or, where it is another one, as the match's own `at1` does."""
        report, counts = self._order.report, self._order.report.table(SIDES)
        taken: dict[int, dict[int, Row]] = {}
        for row in self._order.old.rows(SIDES, _SIDE_FIELDS):
            counts.read += 1
            match, position, shown = row["match"], whole(row["position"]), f"id {row['id']}, match {row['match']}"
            if match not in self._rows:
                report.drop(SIDES, "unlinked: its match is not there", shown)
            elif position not in (1, 2):
                report.drop(SIDES, "its position is neither 1 nor 2", f"{shown}: {row['position']}")
            elif position in taken.setdefault(match, {}):
                report.merge(SIDES, "the side of a match again", shown)
            else:
                counts.imported += 1
                taken[match][position] = row
        for match, sides in taken.items():
            names = {position: self._named(row) for position, row in sides.items()}
            told = _told(heard.get(match), names)
            self._sides[match] = {
                position: self._side(row, position, names[position], told.get(position, []))
                for position, row in sides.items()
            }

    def _named(self, row: Row) -> AthleteName:
        athlete = self._athletes.get(row["athlete"])
        if athlete is not None:
            return _name(athlete)
        shown = f"id {row['id']}, athlete {row['athlete']}"
        self._order.report.tell(SIDES, "unlinked: its athlete is not there", shown)
        return AthleteName()

    def _side(self, row: Row, position: int, name: AthleteName, told: list[AthleteName]) -> Side:
        report, code = self._order.report, athlete_code(name)
        others = {athlete_code(one): one for one in told}
        if len(others) > 1:
            report.tell(SIDES, "its at1 name several people: left as it is", f"match {row['match']}: {_shown(name)}")
        elif others and code not in others:
            ((code, other),) = others.items()
            report.tell(SIDES, "another athlete of the same short name, by at1", f"{_shown(name)} -> {_shown(other)}")
            name = other
            self._person(other)
        return Side(
            position=position,
            code=code,
            short_name=name.short_name,
            long_name=name.long_name,
            noc=name.noc,
            background=text(row["background"]),
            foreground=text(row["foreground"]),
        )

    def _person(self, name: AthleteName) -> bool:
        """Whether this is a new one."""
        code = athlete_code(name)
        if code is None or code in self._people:
            return False
        long = name.long_name or ""
        person = AthleteItem(code=code, short_name=name.short_name or long, long_name=long, noc=name.noc)
        self._people[code] = person
        return True

    def merge(self, heard: Mapping[int, Heard]) -> None:
        """Find the rows that are one match."""
        report, open_groups = self._order.report, dict[tuple[Any, ...], Group]()
        for row_id in sorted(self._rows, key=lambda row_id: (self._since(row_id, heard) or _NEVER, row_id)):
            row, since = self._rows[row_id], self._since(row_id, heard)
            same = self._same(row)
            group = None if same is None else open_groups.get(same)
            is_same = group is not None and None not in (group.first, since) and since - group.first <= RELOADED_WITHIN  # type: ignore[operator]  # neither is None
            if group is None or not is_same:
                group = Group([], since, since)
                self._groups.append(group)
                if same is not None and since is not None:
                    open_groups[same] = group
            else:
                report.merge(MATCHES, "loaded again", f"id {row_id} is id {group.rows[0]['id']}: {row['number']}")
            group.rows.append(row)
            group.last = since
            self.keys[row_id] = self._order.key_of(group.rows[0]["id"])

    def _since(self, row_id: int, heard: Mapping[int, Heard]) -> datetime | None:
        made = self.made[row_id]
        if made is None and row_id in heard:
            return of_microseconds(heard[row_id].first_us)
        return made

    def _same(self, row: Row) -> tuple[Any, ...] | None:
        """What rows of one match have alike; None where nobody can tell."""
        number, sides = text(row["number"]), self._sides.get(row["id"], {})
        people = tuple((side.position, side.code or side.short_name) for _, side in sorted(sides.items()))
        if number is None or not any(who for _, who in people):
            return None
        return (number, people, text(row["weight_class"]), text(row["ring"]))

    def add_athletes(self) -> None:
        """Add the people to the plan; before the matches."""
        for person in self._people.values():
            self._order.plan.add(person)

    def codes(self) -> list[str]:
        """Everybody's code."""
        return list(self._people)

    def add(self, heard: Mapping[int, Heard], *, rings: Mapping[int, str], days: Mapping[int, tuple[str, str]]) -> None:
        """Add the matches to the plan; `rings` by old match where an event said one, `days` by old day."""
        results = self._results()
        for group in self._groups:
            self._order.plan.add(self._item(group, heard, rings=rings, days=days, results=results))
            self._order.report.table(MATCHES).imported += 1

    def _item(
        self,
        group: Group,
        heard: Mapping[int, Heard],
        *,
        rings: Mapping[int, str],
        days: Mapping[int, tuple[str, str]],
        results: Mapping[int, Declared],
    ) -> MatchItem:
        ids = [row["id"] for row in group.rows]
        said = [heard[row_id] for row_id in ids if row_id in heard]
        sides: dict[int, Side] = {}
        for row_id in ids:
            sides |= self._sides.get(row_id, {})
        ring = _last(group, "ring")
        declared = next((results[row_id] for row_id in reversed(ids) if row_id in results), None)
        ended_us = max((one.last_us for one in said), default=None)
        return MatchItem(
            key=self.keys[ids[0]],
            ring=self._order.ring_of(ring)
            if ring
            else next((rings[one] for one in ids if one in rings), self._order.ring_of(None)),
            number=text(_last(group, "number")),
            **{name: text(_last(group, name)) for name in _TEXTS},
            total_rounds=whole(_last(group, "total_rounds")),
            round_duration=whole(_last(group, "round_duration")),
            first_loaded_at=text_or_none(group.first),
            last_loaded_at=text_or_none(group.last),
            load_count=sum(max(1, whole(row["loads"]) or 1) for row in group.rows),
            is_decided=declared is not None or any(one.is_decided for one in said),
            ended_at=None if ended_us is None else text_or_none(of_microseconds(ended_us)),
            day=days.get(_last(group, "day")),
            sides=[sides[position] for position in sorted(sides)],
            result=declared,
        )

    def _results(self) -> dict[int, Declared]:
        found = {}
        for row in self._rows.values():
            declared = _declared(row["winner"], row["decision"], (None, None))
            if declared is not None:
                found[row["id"]] = declared
        for table in RESULTS:
            counts = self._order.report.table(table) if table in self._order.old.tables else None
            for row in self._order.old.rows(table, _RESULT_FIELDS):
                assert counts is not None  # noqa: S101 - a row has a table
                counts.read += 1
                declared = _declared(row["winner"], row["decision"], (whole(row["chong"]), whole(row["hong"])))
                if row["match"] not in self._rows:
                    self._order.report.drop(table, "unlinked: its match is not there", f"id {row['id']}")
                elif declared is None:
                    self._order.report.drop(table, "it has neither winner nor decision", f"id {row['id']}")
                else:
                    counts.imported += 1
                    found[row["match"]] = declared
        return found


def _declared(winner: Any, decision: Any, rounds: tuple[int | None, int | None]) -> Declared | None:
    who, how = _WINNERS.get((text(winner) or "").casefold()), text(decision)
    return None if who is None and how is None else Declared(winner=who, decision=how, rounds=rounds)


def _last(group: Group, field: str) -> Any:
    """What the newest row says that says something."""
    return next((row[field] for row in reversed(group.rows) if row[field] not in (None, "")), None)


def _name(row: Row) -> AthleteName:
    return AthleteName(short_name=text(row["short"]), long_name=text(row["long"]), noc=text(row["noc"]))


def _told(heard: Heard | None, names: dict[int, AthleteName]) -> dict[int, list[AthleteName]]:
    """Who the `at1` say stood on each side. Only those count whose short names are the match's on all its sides: a load
    begins with its `at1`, which the predecessor may have put to the match before.
    """
    shorts = {position: (name.short_name or "").casefold() for position, name in names.items()}
    if heard is None or not all(shorts.values()):
        return {}
    own = [
        pair
        for pair in heard.names
        if all((pair[position - 1].short_name or "").casefold() == short for position, short in shorts.items())
    ]
    return {position: [pair[position - 1] for pair in own] for position in names}


def _shown(name: AthleteName) -> str:
    return f"{name.long_name or name.short_name} ({name.noc or '-'})"
