"""What rules did (`obs_rule_firings`), one row each; db-writer.

A firing that is told again replaces what was known, but for one whose end nobody knows any more (`unknown`).
"""

from typing import Final

import msgspec

from services.db_writer.outboxes.stamp import Stamp
from services.db_writer.timestamps import Timestamps
from shared.db.sqlite import sqlite3
from shared.messages.automation import RuleFired

_STORE: Final = """
INSERT INTO obs_rule_firings (firing_key, rule, happening, ring, match_key, match_id, round_number, clock_ms,
    session_uuid, entry, entry_index, happened_at, fired_at, latency_ms, outcome, actions)
VALUES (?1, ?2, ?3, ?4, ?5, (SELECT id FROM pss_matches WHERE match_id = ?5), ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,
    ?15)
ON CONFLICT (firing_key) DO UPDATE SET latency_ms = excluded.latency_ms, outcome = excluded.outcome,
    actions = excluded.actions
WHERE excluded.outcome <> 'unknown' OR outcome = 'unknown'
"""

_text = Timestamps().text
_to_json = msgspec.json.Encoder().encode


def store_firing(connection: "sqlite3.Connection", fact: RuleFired, _stamp: Stamp) -> None:
    """A rule fired, and what came of it."""
    when = (fact.match_id, fact.round, fact.clock_ms, fact.session, fact.entry, fact.index)
    times = (_text(fact.happened_at_us), _text(fact.fired_at_us), fact.latency_ms)
    what = (fact.firing_id, fact.rule, fact.happening.value, fact.ring)
    connection.execute(_STORE, (*what, *when, *times, fact.outcome.value, _to_json(fact.actions).decode()))
