"""SQL that several exports share: a match as it is called after edits, its athletes, its result; `restrike export`.

The match is `m` (`pss_matches`), its result `r`, its athletes `chong` and `hong`. What was sent is laid under what
people edited, as `restrike match list` does.
"""

from typing import Final

SIDES: Final = ("chong", "hong")

SIDE_JOINS: Final = """
LEFT JOIN pss_match_athletes mc ON mc.match_id = m.id AND mc.athlete_position = 1
LEFT JOIN pss_athletes chong ON chong.id = mc.athlete_id
LEFT JOIN pss_match_athletes mh ON mh.match_id = m.id AND mh.athlete_position = 2
LEFT JOIN pss_athletes hong ON hong.id = mh.athlete_id"""
RESULT_JOIN: Final = "LEFT JOIN match_results r ON r.match_id = m.id"
DAY_JOINS: Final = """
LEFT JOIN tournament_days d ON d.id = m.tournament_day_id
LEFT JOIN tournaments t ON t.id = d.tournament_id"""
# What the scoring system said last of a match that was never judged (it was stored by an older version).
_DECLARED: Final = """(
    SELECT x.detail_value FROM pss_events_v2 e JOIN pss_event_types k ON k.id = e.event_type_id
    JOIN pss_event_details x ON x.event_id = e.id
    WHERE e.match_id = m.id AND k.event_code = '{code}' AND x.detail_key = '{key}' ORDER BY e.id DESC LIMIT 1
)"""


def edited(field: str, sent: str) -> str:
    """The newest edit of `field` that holds, else what was sent."""
    value = f"json_extract(x.changes, '$.{field}')"
    newest = f"SELECT {value} FROM match_edits x WHERE x.match_id = m.id AND x.undone_at IS NULL"
    return f"coalesce(({newest} AND {value} IS NOT NULL ORDER BY x.id DESC LIMIT 1), {sent})"


def name_of(side: str) -> str:
    """The athlete's long name; of one who could not be identified, as the name was cut, what was sent."""
    row = f"m{side[0]}"
    sent = f"{side}.long_name, {side}.short_name, {row}.shown_long_name, {row}.shown_short_name"
    return edited(f"{side}_name", sent)


def noc_of(side: str) -> str:
    """The athlete's NOC."""
    return edited(f"{side}_noc", f"{side}.country_code, m{side[0]}.shown_noc")


def side(position: str) -> str:
    """1, 2 and 0 as words."""
    return f"CASE {position} WHEN 1 THEN 'chong' WHEN 2 THEN 'hong' WHEN 0 THEN 'tie' END"


def of_side(position: str, *, chong: str, hong: str) -> str:
    """One expression for chong, another for hong, nothing for anybody else."""
    return f"CASE {position} WHEN 1 THEN {chong} WHEN 2 THEN {hong} END"


def name_at(position: str) -> str:
    """The name of the athlete at `position`."""
    return of_side(position, chong=name_of("chong"), hong=name_of("hong"))


def noc_at(position: str) -> str:
    """The NOC of the athlete at `position`."""
    return of_side(position, chong=noc_of("chong"), hong=noc_of("hong"))


def rounds_won(position: int) -> str:
    """Rounds won by a side, in force."""
    column = f"r.rounds_won_{SIDES[position - 1]}"
    counted = f"SELECT count(*) FROM pss_rounds p WHERE p.match_id = m.id AND p.winner_athlete_position = {position}"
    return f"CASE WHEN r.id IS NULL THEN ({counted}) ELSE {column} END"


MATCH_NUMBER: Final = edited("match_number", "m.match_number")
PHASE: Final = edited("phase", "m.category")
WEIGHT: Final = edited("weight_class", "m.weight_class")
DIVISION: Final = edited("division", "m.division")
_SENT_WINNER: Final = f"CAST({_DECLARED.format(code='WIN', key='winner')} AS INTEGER)"
WINNER: Final = f"CASE WHEN r.id IS NULL THEN {_SENT_WINNER} ELSE r.winner END"
DECISION: Final = f"CASE WHEN r.id IS NULL THEN {_DECLARED.format(code='WMH', key='decision')} ELSE r.decision END"
EDITED_BY: Final = """(
    SELECT group_concat(author, ', ') FROM (SELECT DISTINCT x.author FROM match_edits x
    WHERE x.match_id = m.id AND x.undone_at IS NULL ORDER BY x.author)
)"""
STARTED_AT: Final = "(SELECT min(p.start_time) FROM pss_rounds p WHERE p.match_id = m.id)"
ENDED_AT: Final = "(SELECT max(p.end_time) FROM pss_rounds p WHERE p.match_id = m.id)"
