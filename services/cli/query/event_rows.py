"""The stored events that filters ask for, and the SQL of it. For `restrike query events`.

The inner query finds the ids of the rows that are shown, by the one index that fits, already in order; only these rows
are then read whole. A `+` before a column keeps SQLite from choosing another index for it.
"""

import json
from typing import Any, Final

import msgspec
from msgspec import Struct

from services.cli.query import moments, names
from services.cli.query.edits import as_edited
from services.cli.query.filters import Filters
from services.cli.query.question import LIMIT, Question
from services.cli.query.scope import check_ring
from services.cli.query.source import Row, Source

SHOWN: Final = """
SELECT e.id, e.timestamp, s.ring, m.match_id, m.match_number, r.round_number AS round, e.clock_ms, t.event_code AS code,
    t.event_name AS kind, e.raw_data AS raw, e.parsed_data AS reading, e.recognition_status AS recognition,
    e.is_valid, e.error_message, e.event_sequence AS entry, e.event_index AS "index"
FROM ({ids}) found CROSS JOIN pss_events_v2 e ON e.id = found.id
LEFT JOIN udp_server_sessions s ON s.id = e.session_id
LEFT JOIN pss_event_types t ON t.id = e.event_type_id
LEFT JOIN pss_matches m ON m.id = e.match_id
LEFT JOIN pss_rounds r ON r.id = e.round_id
ORDER BY found.place {order}, found.id {order}
"""
BY_MATCH: Final = """
SELECT e.id, 0 AS place FROM pss_events_v2 e
WHERE e.match_id IN (SELECT value FROM json_each(:matches)) AND {where}
ORDER BY e.id {order} LIMIT :limit"""
# Match by match, the newest first, until there are enough. Of the events that are one side's, those of the opponent are
# left out; what is of neither side (the clock, the score) stays.
BY_ATHLETE: Final = """
SELECT e.id, a.id AS place FROM pss_match_athletes a CROSS JOIN pss_events_v2 e ON e.match_id = a.match_id
WHERE a.athlete_id = :athlete AND coalesce(e.parsed_data ->> '$.athlete', 0) IN (0, a.athlete_position) AND {where}
ORDER BY a.id {order}, e.id {order} LIMIT :limit"""
BY_TIME: Final = """
SELECT e.id, e.timestamp AS place FROM pss_events_v2 e
WHERE e.timestamp >= :since AND e.timestamp < :until AND {where}
ORDER BY e.timestamp {order}, e.id {order} LIMIT :limit"""
BY_KIND: Final = """
SELECT e.id, e.timestamp AS place FROM pss_events_v2 e
WHERE e.event_type_id = {kind} AND e.timestamp >= :since AND e.timestamp < :until AND {where}
ORDER BY e.timestamp {order}, e.id {order} LIMIT :limit"""
MERGED: Final = "SELECT * FROM ({each}) ORDER BY place {order}, id {order} LIMIT :limit"

OF_RING: Final = "+e.session_id IN (SELECT id FROM udp_server_sessions WHERE ring = :ring)"
OF_ROUND: Final = "+e.round_id IN (SELECT id FROM pss_rounds WHERE round_number = :round)"
IN_CLOCK: Final = "e.clock_ms BETWEEN :clock_low AND :clock_high"
IN_TIME: Final = "+e.timestamp >= :since AND +e.timestamp < :until"
IN_MATCHES: Final = "+e.match_id IN (SELECT value FROM json_each(:matches))"
OF_KINDS: Final = "+e.event_type_id IN (SELECT value FROM json_each(:kinds))"
# The matches of a tournament, and where they lie in time.
OF_TOURNAMENT: Final = """
SELECT json_group_array(m.id) AS matches, min(coalesce(s.first_event_at, m.first_loaded_at)) AS since,
    max(coalesce(s.last_event_at, m.last_loaded_at)) || '~' AS until
FROM tournament_days d JOIN pss_matches m ON m.tournament_day_id = d.id LEFT JOIN match_summaries s ON s.match_id = m.id
WHERE d.tournament_id = :tournament
"""
# The counts per minute know where a ring's newest events lie, without looking at those of the others.
COUNTED: Final = """
SELECT minute, sum(events) AS events FROM event_counts
WHERE ring = :ring AND minute >= substr(:since, 1, 16) AND minute < :until
    AND (:kinds IS NULL OR event_type_id IN (SELECT value FROM json_each(:kinds)))
GROUP BY minute ORDER BY minute DESC
"""
FEW_ROUNDS: Final = 300
"""So many matches with a round of that number are looked through one by one: golden rounds are rare."""
HAVE_ROUND: Final = "SELECT match_id FROM pss_rounds WHERE round_number = :round LIMIT :most"


class Wanted(Struct, frozen=True, kw_only=True):
    """Which events, besides the filters: kinds by code, name or category, a round, a range of the round clock."""

    kinds: tuple[str, ...] = ()
    round: int | None = None
    clock: str | None = None
    limit: int = 50
    is_oldest: bool = False


def events_sql(way: str, *conditions: str, kinds: tuple[int, ...] = (), is_oldest: bool = False) -> str:
    """The whole query for one of the ways above; `kinds` are event type ids, for `BY_KIND` alone."""
    order = "ASC" if is_oldest else "DESC"
    where = " AND ".join(conditions) or "TRUE"
    branches = [way.format(kind=kind, where=where, order=order) for kind in kinds or (":kind",)]
    ids = branches[0]
    if len(branches) > 1:
        each = " UNION ALL ".join(f"SELECT * FROM ({branch})" for branch in branches)
        ids = MERGED.format(each=each, order=order)
    return SHOWN.format(ids=ids, order=order)


def read_events(source: Source, filters: Filters, wanted: Wanted) -> list[Row]:
    """The events, the newest first (or the oldest).

    Raises:
        ValidationError: a filter names nothing that there is.
    """
    found = _Search(source, filters, wanted)
    sql = events_sql(found.way, *found.conditions, kinds=found.branches, is_oldest=wanted.is_oldest)
    return [_event(row) for row in as_edited(source, source.rows(sql, **found.values))]


class _Search:
    """The way to the events, with its conditions and their values."""

    def __init__(self, source: Source, filters: Filters, wanted: Wanted) -> None:
        self._source = source
        self.conditions: list[str] = []
        self.values: dict[str, Any] = {"limit": wanted.limit, "since": "", "until": "~", "kinds": None}
        self.branches: tuple[int, ...] = ()
        kinds = tuple(dict.fromkeys(found for text in wanted.kinds for found in names.kinds(source, text)))
        if kinds:
            self.values["kinds"] = json.dumps(kinds)
        self._narrow(*moments.window(filters.day, filters.since, filters.until))
        self._add_matches(filters)
        is_rare = self._add_row_conditions(filters, wanted)
        if filters.athlete is not None:
            self.way = BY_ATHLETE
            self.values["athlete"] = names.athlete(source, filters.athlete)["id"]
            self._add_in_matches()
        elif filters.match is not None or is_rare:
            self.way = BY_MATCH
        else:
            self.way, self.branches = (BY_KIND if kinds else BY_TIME), kinds
            self._add_in_matches()
            if filters.ring is not None and not wanted.is_oldest:
                self._narrow_to_ring(wanted.limit)
            return
        self.conditions += [IN_TIME] if (self.values["since"], self.values["until"]) != moments.ALWAYS else []
        self.conditions += [OF_KINDS] if kinds else []

    def _narrow(self, since: str = "", until: str = "~") -> None:
        self.values["since"] = max(since, self.values["since"])
        self.values["until"] = min(until, self.values["until"])

    def _add_matches(self, filters: Filters) -> None:
        if filters.tournament is not None:
            tournament = names.tournament(self._source, filters.tournament)
            (found,) = self._source.rows(OF_TOURNAMENT, tournament=tournament)
            self._narrow(found["since"] or "~", found["until"] or "")
            self.values["matches"] = found["matches"]
        if filters.match is not None:
            ids = json.loads(names.matches(self._source, filters.match))
            within = json.loads(self.values.get("matches", "null"))
            self.values["matches"] = json.dumps(ids if within is None else [one for one in ids if one in within])

    def _add_row_conditions(self, filters: Filters, wanted: Wanted) -> bool:
        """Ring, clock and round; whether only the few matches that have such a round need be looked at."""
        if filters.ring is not None:
            check_ring(self._source, filters.ring)
            self._add(OF_RING, ring=filters.ring)
        if wanted.clock is not None:
            low, high = moments.clock_range(wanted.clock)
            self._add(IN_CLOCK, clock_low=low, clock_high=high)
        if wanted.round is None:
            return False
        self._add(OF_ROUND, round=wanted.round)
        if "matches" in self.values or filters.athlete is not None:
            return False
        having = self._source.rows(HAVE_ROUND, round=wanted.round, most=FEW_ROUNDS + 1)
        if len(having) > FEW_ROUNDS:
            return False
        self.values["matches"] = json.dumps([row["match_id"] for row in having])
        return True

    def _add(self, condition: str, **values: object) -> None:
        self.conditions.append(condition)
        self.values |= values

    def _add_in_matches(self) -> None:
        self.conditions += [IN_MATCHES] if "matches" in self.values else []

    def _narrow_to_ring(self, limit: int) -> None:
        """End the window with the ring's newest event; begin it where there are enough, if no other filter is in it."""
        seen, minute = 0, None
        is_all = self.conditions == [OF_RING]
        cursor = self._source.connection.execute(COUNTED, self.values)
        for minute, events in cursor:
            if seen == 0:
                self._narrow(until=f"{minute}~")
            seen += events
            if seen >= limit or not is_all:
                break
        if is_all and minute is not None:
            self._narrow(since=minute)


def _event(row: Row) -> Row:
    reading = row["reading"]
    return row | {"reading": None if reading is None else msgspec.json.decode(reading)}


_ONE_MATCH: Final = "(SELECT json_array(max(id)) FROM pss_matches)"
_AN_ATHLETE: Final = "(SELECT athlete_id FROM pss_match_athletes WHERE athlete_id IS NOT NULL ORDER BY id DESC LIMIT 1)"
_A_DAY: Final = {
    "since": "(SELECT substr(max(first_loaded_at), 1, 10) FROM pss_matches)",
    "until": "(SELECT substr(max(first_loaded_at), 1, 10) || '~' FROM pss_matches)",
}
_ALL_TIME: Final = {"since": "''", "until": "'~'"}
_A_RING: Final = "(SELECT ring FROM udp_server_sessions ORDER BY id DESC LIMIT 1)"
_HEAD_KICK: Final = "(SELECT id FROM pss_event_types WHERE event_code = 'H')"


def _question(name: str, purpose: str, command: str, sql: str, *, served_by: str, **example: str) -> Question:
    return Question(
        name=name, purpose=purpose, command=command, sql=sql, served_by=served_by, example=example | {"limit": LIMIT}
    )


QUESTIONS: Final = (
    _question(
        "newest events",
        "What came last, of all rings.",
        "events",
        events_sql(BY_TIME),
        served_by="`ix_pss_events_v2_timestamp`, backwards; it ends after the limit",
        **_ALL_TIME,
    ),
    _question(
        "events of a match",
        "All that was sent of one match, or of the matches of one number.",
        "events --match 101",
        events_sql(BY_MATCH),
        served_by="`ix_pss_events_v2_match_id`",
        matches=_ONE_MATCH,
    ),
    _question(
        "events of an athlete",
        "What concerns an athlete: the opponent's own points and hits are left out.",
        "events --athlete 'Marija ČAČIĆ'",
        events_sql(BY_ATHLETE),
        served_by="`ix_pss_match_athletes_athlete_id`, then `ix_pss_events_v2_match_id` match by match",
        athlete=_AN_ATHLETE,
    ),
    _question(
        "events of a day",
        "A time window: a day from midnight to midnight, an hour, a minute.",
        "events --day 2026-03-01",
        events_sql(BY_TIME),
        served_by="`ix_pss_events_v2_timestamp`",
        **_A_DAY,
    ),
    _question(
        "events of a kind",
        "One kind of event in a time window; several kinds are as many branches of a UNION ALL, each with the limit.",
        "events --kind H",
        events_sql(BY_KIND),
        served_by="`ix_pss_events_v2_event_type_id`, which is ordered by time within a kind",
        kind=_HEAD_KICK,
        **_ALL_TIME,
    ),
    _question(
        "events of a round",
        "What was sent in the rounds of one number.",
        "events --round 3",
        events_sql(BY_TIME, OF_ROUND),
        served_by="`ix_pss_events_v2_timestamp`; the rounds' ids are a set in memory",
        round="3",
        **_ALL_TIME,
    ),
    _question(
        "events of a clock range",
        "What happened in the last ten seconds of rounds.",
        "events --kind K --clock 0:10-0:00",
        events_sql(BY_KIND, IN_CLOCK),
        served_by="`ix_pss_events_v2_event_type_id`; `clock_ms` of each row",
        kind=_HEAD_KICK,
        clock_low="0",
        clock_high="10000",
        **_ALL_TIME,
    ),
    _question(
        "events of a match in a clock range",
        "What happened in the last ten seconds of a match's rounds.",
        "events --match 101 --clock 0:10-0:00",
        events_sql(BY_MATCH, IN_CLOCK),
        served_by="`ix_pss_events_v2_match_id`; `clock_ms` of each row",
        matches=_ONE_MATCH,
        clock_low="0",
        clock_high="10000",
    ),
    _question(
        "events of a ring",
        "The newest of one ring. Where they lie in time is looked up first, so a silent ring is as quick.",
        "events --ring ring-1",
        events_sql(BY_TIME, OF_RING),
        served_by="`ix_pss_events_v2_timestamp`; the window from `event_counts`",
        ring=_A_RING,
        **_A_DAY,
    ),
    _question(
        "where a ring's newest events lie",
        "The minutes in which a ring sent something, and how much: what bounds the question before.",
        "events --ring ring-1",
        COUNTED + "LIMIT :limit",
        served_by="the primary key of `event_counts`",
        ring=_A_RING,
        kinds="NULL",
        **_ALL_TIME,
    ),
)
