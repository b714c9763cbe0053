"""Items of the plan into rows, in the transactions of db-writer's job. What is there already stays as it is.

So that nothing is doubled, every item is looked for by its key; a score and a warning have none, and are only looked
for when the same file is imported again.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from services.db_writer import statements, summary_statements
from services.db_writer.event_types import OTHER, EventTypeIds
from services.db_writer.office.desk import Desk
from services.db_writer.office.predecessor import insertions as sql
from services.db_writer.office.predecessor import items
from services.db_writer.office.tournament.time_zones import today_in
from services.db_writer.summaries import rebuild, rebuild_athlete
from shared.db.sqlite import sqlite3
from shared.messages.tournaments import TournamentStatus
from shared.settings.secrets import Secrets

CLOSE_REASON: Final = "imported: the file does not say how it ended"
_MINUTE: Final = 16  # characters of `2026-03-01T09:30`
_MONTH: Final = 7


class Writing:
    """Stores items; `written` and `there` count them by kind over all slices. Settings are the caller's."""

    def __init__(self, desk: Desk, *, author: str, is_again: bool) -> None:
        self._connection: sqlite3.Connection = desk.connection
        self._secrets = Secrets(desk.paths)
        self._author = author
        self._is_again = is_again
        self.written: Counter[str] = Counter()
        self.there: Counter[str] = Counter()
        self._sessions: dict[str, tuple[int, str]] = {}
        self._ids: dict[tuple[str, Any], int | None] = {}
        self._next_event = 0
        self._minutes: Counter[tuple[str, str, int]] = Counter()
        self._archived = {month for (month,) in self._connection.execute(sql.SELECT_ARCHIVED)} if is_again else set()
        self._types: dict[str, int] = {}
        self._of_kind: dict[type[Any], tuple[str, Callable[[Any], bool]]] = {
            items.TournamentItem: ("tournaments", self._tournament),
            items.AthleteItem: ("athletes", self._athlete),
            items.SessionItem: ("sessions", self._session),
            items.MatchItem: ("matches", self._match),
            items.RoundItem: ("rounds", self._round),
            items.EventItem: ("events", self._event),
            items.MarkItem: ("scores and warnings", self._mark),
            items.ConnectionItem: ("obs connections", self._obs),
            items.FlagItem: ("flag mappings", self._flag),
            items.ConfigItem: ("values kept", self._config),
            items.SummaryItem: ("match summaries", self._summary),
            items.AthleteSummaryItem: ("athlete summaries", self._athlete_summary),
        }

    def begin(self) -> None:
        """A slice begins: somebody else may have written events since the last one."""
        (last,) = self._connection.execute(statements.SELECT_LAST_EVENT_ID).fetchone()
        self._next_event = last + 1
        if not self._types:  # nobody may have written them yet
            EventTypeIds(self._connection).load()
            self._types = dict(self._connection.execute(statements.SELECT_EVENT_TYPES).fetchall())

    def add(self, item: Any) -> None:
        """Store an item, unless it is there."""
        kind, store = self._of_kind[type(item)]
        (self.written if store(item) else self.there)[kind] += 1

    def end(self) -> None:
        """Count the events of the slice."""
        rows = [(*key, count) for key, count in self._minutes.items()]
        self._connection.executemany(summary_statements.COUNT_BY_MINUTE, rows)
        self._minutes.clear()

    def _insert(self, statement: str, *values: Any) -> bool:
        return self._connection.execute(statement, values).rowcount > 0

    def _id(self, select: str, *key: Any) -> int | None:
        known = self._ids.get((select, key))
        if known is None:
            row = self._connection.execute(select, key).fetchone()
            known = self._ids[select, key] = None if row is None else int(row[0])
        return known

    def _tournament(self, item: items.TournamentItem) -> bool:
        if self._connection.execute("SELECT 1 FROM tournaments WHERE name = ?", (item.name,)).fetchone():
            return False
        today = today_in(item.time_zone)
        status = _status(item.ends_on, today)
        values = (item.name, item.location, item.noc, item.starts_on, item.ends_on, item.time_zone, status)
        (tournament,) = self._connection.execute(sql.TOURNAMENT, values).fetchone()
        for number, day in enumerate(item.days, 1):
            self._insert(sql.DAY, tournament, number, day.date, day.title, _status(day.date, today))
        return True

    def _athlete(self, item: items.AthleteItem) -> bool:
        return self._insert(sql.ATHLETE, item.code, item.short_name, item.long_name, item.noc)

    def _session(self, item: items.SessionItem) -> bool:
        average = item.bytes / item.packets if item.packets else None
        counted = (item.packets, item.parsed, item.errors, item.bytes, average, item.largest, item.smallest)
        span = (item.start, item.end, item.status, item.error)
        is_new = self._insert(sql.SESSION, item.uuid, item.ring, *span, *counted, len(item.clients), item.last_entry)
        session, _ = self._session_of(item.uuid)
        for client in item.clients:
            seen = (client.first_seen, client.last_seen, client.packets, client.bytes)
            self._insert(sql.CLIENT, session, client.address, client.port, *seen)
        return is_new

    def _session_of(self, uuid: str) -> tuple[int, str]:
        known = self._sessions.get(uuid)
        if known is None:
            known = self._sessions[uuid] = self._connection.execute(sql.SELECT_SESSION, (uuid,)).fetchone()
        return known

    def _match(self, item: items.MatchItem) -> bool:
        day = None if item.day is None else self._id(sql.SELECT_DAY, *item.day)
        closed = (None, None, None) if item.is_decided else (item.ended_at, self._author, CLOSE_REASON)
        is_new = self._insert(
            sql.MATCH,
            item.key,
            item.ring,
            item.number,
            item.category,
            item.weight_class,
            item.division,
            item.total_rounds,
            item.round_duration,
            item.countdown_type,
            item.format_type,
            item.first_loaded_at,
            item.last_loaded_at,
            item.load_count,
            "decided" if item.is_decided else "closed",
            *closed,
            day,
        )
        match = self._id(sql.SELECT_MATCH, item.key)
        for side in item.sides:
            athlete = None if side.code is None else self._id(sql.SELECT_ATHLETE, side.code)
            shown = (side.short_name, side.long_name, side.noc)
            self._insert(sql.SIDE, match, athlete, side.position, side.background, side.foreground, *shown)
        if item.result is not None:
            at = item.ended_at or item.last_loaded_at or ""
            self._insert(sql.RESULT, match, item.result.winner, item.result.decision, *item.result.rounds, at)
        return is_new

    def _round(self, item: items.RoundItem) -> bool:
        match = self._id(sql.SELECT_MATCH, item.match)
        return self._insert(sql.ROUND, match, item.number, item.start, item.end, item.duration, item.winner)

    def _round_of(self, match: int | None, number: int | None) -> int | None:
        """The row id of a round; one that only its events tell of gets an empty row, as in what is heard live."""
        if match is None or number is None:
            return None
        if self._id(sql.SELECT_ROUND, match, number) is None:
            self._insert(sql.ROUND, match, number, None, None, None, None)
        return self._id(sql.SELECT_ROUND, match, number)

    def _event(self, item: items.EventItem) -> bool:
        session, ring = self._session_of(item.session)
        if self._connection.execute(sql.IS_EVENT, (session, item.sequence)).fetchone():
            return False
        if item.at[:_MONTH] in self._archived:
            return False
        match = None if item.match is None else self._id(sql.SELECT_MATCH, item.match)
        event, kind = self._next_event, self._types.get(item.code, self._types[OTHER])
        self._next_event += 1
        where = (event, session, match, self._round_of(match, item.round), kind)
        said = (item.at, item.raw, item.parsed, item.sequence, item.took_ms, item.is_valid, item.error)
        self._connection.execute(sql.EVENT, (*where, *said, item.recognition))
        if item.details:
            details = [(event, *detail) for detail in item.details]
            self._connection.executemany(statements.INSERT_DETAIL, details)
        self._minutes[item.at[:_MINUTE], ring, kind] += 1
        return True

    def _mark(self, item: items.MarkItem) -> bool:
        match = self._id(sql.SELECT_MATCH, item.match)
        row = (match, self._round_of(match, item.round), item.position, item.kind, item.value, item.at)
        is_there = sql.IS_WARNING if item.is_warning else sql.IS_SCORE
        if self._is_again and self._connection.execute(is_there, row).fetchone():
            return False
        return self._insert(sql.WARNING if item.is_warning else sql.SCORE, *row)

    def _obs(self, item: items.ConnectionItem) -> bool:
        if self._connection.execute(sql.IS_CONNECTION, (item.name,)).fetchone():
            return False
        password = None if item.password is None else self._secrets.encrypt(item.password)
        return self._insert(sql.CONNECTION, item.name, item.host, item.port, password, item.is_active)

    def _flag(self, item: items.FlagItem) -> bool:
        return self._insert(sql.FLAG, item.pss_code, item.ioc_code, item.country_name)

    def _config(self, item: items.ConfigItem) -> bool:
        return self._insert(sql.CONFIG, item.key, item.value, item.category, item.description)

    def _summary(self, item: items.SummaryItem) -> bool:
        match = self._id(sql.SELECT_MATCH, item.match)
        if match is not None:
            rebuild(self._connection, match)
        return match is not None

    def _athlete_summary(self, item: items.AthleteSummaryItem) -> bool:
        athlete = self._id(sql.SELECT_ATHLETE, item.code)
        if athlete is not None:
            rebuild_athlete(self._connection, athlete)
        return athlete is not None


def _status(last: str, today: date) -> str:
    status = TournamentStatus.FINISHED if last < today.isoformat() else TournamentStatus.PLANNED
    return status.value
