"""Tournaments, their days and draws, and the bulk import of athletes, draws and days."""

from enum import StrEnum

from msgspec import Struct

from shared.messages.requests import Command
from shared.messages.service import WRITER


class TournamentStatus(StrEnum):
    """How a tournament or a day stands. At most one of each is active: new matches belong to the active day."""

    PLANNED = "planned"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    ACTIVE = "active"


class Day(Struct, frozen=True, kw_only=True):
    """One day of a tournament; `date` is local (yyyy-mm-dd), `number` counts from 1."""

    number: int
    date: str
    title: str | None
    status: TournamentStatus
    matches: int
    planned_matches: int


class Tournament(Struct, frozen=True, kw_only=True):
    """A tournament; dates are local (yyyy-mm-dd), `time_zone` an IANA name, `rule_set` the name of a rule set."""

    tournament: str
    location: str | None
    noc: str | None
    starts_on: str
    ends_on: str
    time_zone: str
    rule_set: str | None
    logo_type: str | None
    status: TournamentStatus
    days: list[Day]


class TournamentChanged(Struct, frozen=True, kw_only=True):
    """`tournament.changed/db-writer/`: a tournament was made, changed, activated or ended; `active_day` is the number
    of its active day, None when it has none.
    """

    tournament: Tournament
    active_day: int | None
    author: str


class SaveTournament(Command[Tournament], frozen=True, kw_only=True):
    """Make a tournament (one day for each date) or change one; None leaves a field as it is, empty takes it away.
    `rename` is its new name. A new one needs `starts_on`; it ends on that day and has this machine's time zone if
    nothing else is said.

    `logo` is PNG, JPEG or SVG, at most 1 MiB. `status` cannot be active: that is `activate_day`. After a change of
    dates, days outside them stay only if matches belong to them or are drawn for them, or if they are active.
    """

    name = "save_tournament"
    service = WRITER
    reply = Tournament
    tournament: str
    author: str
    is_new: bool = False
    rename: str | None = None
    location: str | None = None
    noc: str | None = None
    starts_on: str | None = None
    ends_on: str | None = None
    time_zone: str | None = None
    rule_set: str | None = None
    logo: bytes | None = None
    status: TournamentStatus | None = None


class RemoveTournament(Command[Tournament], frozen=True, kw_only=True):
    """Remove a tournament that no match belongs to and that is not active, with its days and draws."""

    name = "remove_tournament"
    service = WRITER
    reply = Tournament
    tournament: str
    author: str


class SaveDay(Command[Tournament], frozen=True, kw_only=True):
    """Add a day to a tournament or change one (found by its date); None leaves a field as it is.

    The tournament's dates grow with a day before or after them; its days are numbered by date.
    """

    name = "save_day"
    service = WRITER
    reply = Tournament
    tournament: str
    date: str
    author: str
    title: str | None = None
    status: TournamentStatus | None = None
    is_new: bool | None = None
    """True: it must not be there yet; False: it must; None: either."""


class ActivateDay(Command[Tournament], frozen=True, kw_only=True):
    """Let new matches belong to a tournament: to the day of `date` (or `today`, where the tournament takes place), or
    without one to the day of each match's own date.

    `tournament` None: to none; the reply is the one that was active.
    """

    name = "activate_day"
    service = WRITER
    reply = Tournament
    author: str
    tournament: str | None
    date: str | None = None


class MatchesAssigned(Struct, frozen=True, kw_only=True):
    """How many matches changed their day."""

    matches: int


class AssignMatches(Command[MatchesAssigned], frozen=True, kw_only=True):
    """Put stored matches into the day of `date`, without one into the day of each match's own date, or with
    `tournament` None into none.
    """

    name = "assign_matches"
    service = WRITER
    reply = MatchesAssigned
    author: str
    match_ids: list[str]
    tournament: str | None
    date: str | None = None


class RowKind(StrEnum):
    """What a table of an import holds."""

    ATHLETES = "athletes"
    DRAWS = "draws"
    DAYS = "days"


class TableRow(Struct, frozen=True, kw_only=True):
    """A row of a table as text, in the order of its columns; `row` counts as the file does, from 1."""

    row: int
    cells: list[str]


class BadRow(Struct, frozen=True, kw_only=True):
    """What is wrong in a row: `column` as the file names it, and what stands there."""

    row: int
    column: str | None
    value: str | None
    problem: str


class RowEffect(StrEnum):
    """What a row does."""

    ADDED = "added"
    CHANGED = "changed"


class RowChange(Struct, frozen=True, kw_only=True):
    """What a row adds or changes, in words."""

    row: int
    effect: RowEffect
    what: str


class ImportReport(Struct, frozen=True, kw_only=True):
    """What an import did, or as a dry run would do; with bad rows nothing was written, and counts are of the others.

    `columns` says which column of the file was taken for what. `imported_before` is when the same file was imported
    last (UTC). `warnings` are sentences about what can be imported, but is probably not meant so.
    """

    kind: RowKind
    is_dry_run: bool
    rows: int
    added: int
    changed: int
    unchanged: int
    bad: list[BadRow]
    changes: list[RowChange] = []
    columns: dict[str, str] = {}
    unused_columns: list[str] = []
    tournament: str | None = None
    imported_before: str | None = None
    warnings: list[str] = []


class ImportRows(Command[ImportReport], frozen=True, kw_only=True):
    """Import a table, all of it or nothing: at most 5,000 `rows`, the names of the columns among the first ten.

    Draws and days belong to `tournament`, without one to the active one or the only one. `date` is the day of draws
    that have no column for it. `is_family_first`: names stand as family name, given name.
    """

    name = "import_rows"
    service = WRITER
    reply = ImportReport
    deadline_s = 20.0
    author: str
    kind: RowKind
    source: str
    sha256: str
    rows: list[TableRow]
    tournament: str | None = None
    date: str | None = None
    is_family_first: bool = False
    is_dry_run: bool = False
