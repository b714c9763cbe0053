"""What stands in the report: its sheets and what its cover says, read at one moment; `restrike export report`."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from services.cli.export.catalogue import EXPORTS
from services.cli.export.cells import local
from services.cli.export.choice import Chosen
from services.cli.export.columns import Column, Kind
from services.cli.export.reading import Row, sorted_rows

if TYPE_CHECKING:
    from shared.db.sqlite import sqlite3


def _keys(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_DAY: Final = ("tournament", "day", "date")
_RESULT: Final = _keys("""
    match_number ring started_at phase weight_class division chong_name chong_noc hong_name hong_noc rounds_chong
    rounds_hong winner winner_name decision standing edited_by
""")
_ATHLETE: Final = _keys("""
    name noc matches wins losses rounds_won rounds_lost points points_against gam_jeoms punches body_kicks head_kicks
    technical_body_kicks technical_head_kicks hits challenges challenges_granted comebacks fought_ms
""")
_REVIEW: Final = _keys("""
    requested_at ring match_number round clock_ms asked_by side athlete noc outcome decided_at ended_at end_reason
""")
_INTERVENTION: Final = _keys("""
    at ring match_number round clock_ms what side athlete noc value_before value ended_at
""")
_FINDING: Final = _keys("found_at severity ring match_number rule explanation")

# The other lists of the report: what of which export, and how sorted.
_LISTS: Final = (
    ("athletes", _ATHLETE, "points DESC, wins DESC, name"),
    ("challenges", _REVIEW, "requested_at"),
    ("interventions", _INTERVENTION, "at"),
    ("findings", _FINDING, "found_at"),
)
_TOURNAMENT: Final = "SELECT name, location, country_code, starts_on, ends_on, logo FROM tournaments t WHERE "
_OF_MATCHES: Final = """t.id IN (
    SELECT d.tournament_id FROM pss_matches m JOIN tournament_days d ON d.id = m.tournament_day_id
    WHERE :matches IS NULL OR m.id IN (SELECT value FROM json_each(:matches)))"""


class Sheet(Struct, frozen=True):
    """A table of the report."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]


class Tournament(Struct, frozen=True):
    """The tournament that the report is of; dates are local, `logo` the stored picture."""

    name: str
    location: str | None
    noc: str | None
    starts_on: str
    ends_on: str
    logo: bytes | None


class Content(Struct, frozen=True, kw_only=True):
    """Everything that the report says; `counts` are what its cover counts."""

    title: str
    tournament: Tournament | None
    zone: tzinfo | None
    filters: dict[str, str]
    counts: dict[str, int]
    sheets: tuple[Sheet, ...]


def read_content(connection: "sqlite3.Connection", chosen: Chosen, *, tournament: str | None) -> Content:
    """Read what was chosen; `tournament` is the one that was asked for, None to find it from the matches."""
    of = _tournament(connection, chosen, tournament)
    columns = EXPORTS["results"].picked((*_DAY, *_RESULT))
    results = sorted_rows(connection, EXPORTS["results"], chosen, columns=columns, order="started_at, ring")
    shown = tuple(_printed(column) for column in columns[len(_DAY) :])
    lists = {name: _list(connection, chosen, name, keys, order) for name, keys, order in _LISTS}
    sheets = [*_days(results, shown, chosen.zone), _finals(results, shown), *lists.values()]
    return Content(
        title=of.name if of else "All matches" if not chosen.filters else " ".join(chosen.filters.values()),
        tournament=of,
        zone=chosen.zone,
        filters=chosen.filters,
        counts=_counts(results, lists),
        sheets=tuple(sheets),
    )


def _tournament(connection: "sqlite3.Connection", chosen: Chosen, name: str | None) -> Tournament | None:
    if name is not None:
        found = connection.execute(_TOURNAMENT + "lower(name) = lower(?)", (name,)).fetchall()
    else:
        found = connection.execute(_TOURNAMENT + _OF_MATCHES, chosen.values).fetchall()
    return Tournament(*found[0]) if len(found) == 1 else None


def _list(connection: "sqlite3.Connection", chosen: Chosen, name: str, keys: tuple[str, ...], order: str) -> Sheet:
    export = EXPORTS[name]
    if name == "findings":  # an information explains, it need not be read
        chosen = replace(chosen, values={**chosen.values, "severity": '["warning","error"]'})
    columns = export.picked(keys)
    return Sheet(export.title, columns, sorted_rows(connection, export, chosen, columns=columns, order=order))


def _days(results: Sequence[Row], columns: tuple[Column, ...], zone: tzinfo | None) -> list[Sheet]:
    """A sheet for each day of a tournament, and for each date of what belongs to none."""
    by_day: dict[tuple[Any, ...], list[Row]] = {}
    started = len(_DAY) + _RESULT.index("started_at")
    for row in results:
        tournament, day, date = row[: len(_DAY)]
        if day is None and row[started] is not None:
            date = f"{local(row[started], zone):%Y-%m-%d}"
        by_day.setdefault((date or "", tournament or "", day), []).append(row[len(_DAY) :])
    found = []
    for date, tournament, day in sorted(by_day, key=lambda key: (key[0], key[1])):
        title = f"Day {day} {date}" if day is not None else f"Results {date}".rstrip()
        found.append(Sheet(title, columns, by_day[date, tournament, day]))
    return found or [Sheet("Results", columns, [])]


def _finals(results: Sequence[Row], columns: tuple[Column, ...]) -> Sheet:
    """Matches that medals depend on, by division and weight."""
    rows = [row[len(_DAY) :] for row in results if is_for_a_medal(row[len(_DAY) + _RESULT.index("phase")])]
    place = [_RESULT.index(key) for key in ("division", "weight_class")]
    return Sheet("Finals", columns, sorted(rows, key=lambda row: [row[at] or "" for at in place]))


def is_for_a_medal(phase: str | None) -> bool:
    """Whether a phase is a final, a semifinal (who loses it has bronze) or a contest for a medal."""
    said = (phase or "").casefold()
    if any(word in said for word in ("bronze", "medal", "gold")):
        return True
    return "final" in said and not any(word in said for word in ("quarter", "1/4", "1/8", "1/16", "eighth"))


def _printed(column: Column) -> Column:
    """The start as a time only: the day is the sheet's title."""
    if column.key != "started_at":
        return column
    return column._replace(title="Time", kind=Kind.TIME_OF_DAY, width=9)


def _counts(results: Sequence[Row], lists: dict[str, Sheet]) -> dict[str, int]:
    keys = (*_DAY, *_RESULT)

    def of(key: str) -> list[Any]:
        return [row[keys.index(key)] for row in results]

    athletes, found = lists["athletes"], lists["findings"]
    gam_jeoms = [row for row in lists["interventions"].rows if row[_INTERVENTION.index("what")] == "gam-jeom"]
    outcomes = [row[_REVIEW.index("outcome")] for row in lists["challenges"].rows]
    return {
        "Matches": len(results),
        "Matches with a result": sum(winner is not None for winner in of("winner")),
        "Results that contradict the rules": of("standing").count("contradicted"),
        "Matches that were edited": sum(author is not None for author in of("edited_by")),
        "Athletes": len(athletes.rows),
        "Countries": len({row[_ATHLETE.index("noc")] for row in athletes.rows} - {None, ""}),
        "Points": sum(row[_ATHLETE.index("points")] or 0 for row in athletes.rows),
        "Gam-jeoms": len(gam_jeoms),
        "Other interventions": len(lists["interventions"].rows) - len(gam_jeoms),
        "Video reviews": len(outcomes),
        "Video reviews accepted or won": outcomes.count("accepted") + outcomes.count("won"),
        "Findings (warnings)": [row[_FINDING.index("severity")] for row in found.rows].count("warning"),
        "Findings (errors)": [row[_FINDING.index("severity")] for row in found.rows].count("error"),
    }
