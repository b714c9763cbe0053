"""The generated database is a real one: what tests and measurements ask it is there."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shared.db.sqlite import connect_reader, sqlite3
from tests.support.large_database import SMALL, build
from tests.unit.db.conftest import tables_of

pytestmark = pytest.mark.slow

# What only operators, jobs and other services fill.
BY_OTHERS = {
    "alert_deliveries",
    "alert_rules",
    "alerts",
    "app_config",
    "archives",
    "backup_copies",
    "backup_verifications",
    "backups",
    "disk_samples",
    "flag_mapping_history",
    "flag_mappings",
    "flags",
    "imports",
    "jobs",
    "license_changes",
    "network_samples",
    "obs_connections",
    "obs_recording_config",
    "obs_recording_sessions",
    "obs_rule_firings",
    "obs_rules",
    "obs_samples",
    "operator_audit",
    "outbox_marks",
    "process_samples",
    "pss_events",
    "recognition_history",
    "recorded_video_events",
    "recorded_videos",
    "refused_facts",
    "resource_samples",
    "saved_queries",
    "service_incidents",
    "settings_history",
    "settings_keys",
    "settings_values",
}
# What is written before the first entry, at the time of building; and how long something took.
BEFORE = {"pss_event_types", "settings_categories", "flag_mappings"}
VOLATILE = {"processing_time_ms", "created_at"}


@pytest.fixture
def season(season_database: Path) -> Iterator["sqlite3.Connection"]:
    with closing(connect_reader(season_database)) as connection:
        yield connection


def _count(connection: "sqlite3.Connection", table: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)


def test_every_table_of_matches_is_filled(season: "sqlite3.Connection") -> None:
    """None is empty but those that others fill; there are about as many events as were asked for."""
    empty = {table for table in tables_of(season) if _count(season, table) == 0}
    assert empty <= BY_OTHERS
    assert 0.9 * SMALL < _count(season, "pss_events_v2") < 1.15 * SMALL


def test_it_is_worth_asking(season: "sqlite3.Connection") -> None:
    """Eight rings, two tournaments of three days, both dialects; athletes meet again; the last text is found."""
    assert _count(season, "(SELECT DISTINCT ring FROM pss_matches)") == 8
    assert _count(season, "tournaments") == 2
    assert _count(season, "pss_matches WHERE tournament_day_id IS NULL") == 0
    assert _count(season, "planned_matches WHERE match_id IS NULL") == 0
    assert _count(season, "(SELECT DISTINCT dialect FROM udp_server_sessions WHERE dialect IS NOT NULL)") == 2
    often = "(SELECT 1 FROM pss_match_athletes GROUP BY athlete_id HAVING athlete_id IS NOT NULL AND count(*) > 2)"
    assert _count(season, often) > 5
    (last,) = season.execute("SELECT max(id) FROM pss_events_v2").fetchone()
    assert season.execute("SELECT through_event_id FROM search_progress").fetchone() == (last,)
    assert _count(season, "search_events('FightLoaded')") >= _count(season, "pss_matches")


def test_it_is_sound(season: "sqlite3.Connection") -> None:
    """Nothing was refused on its way in; SQLite's own checks."""
    assert _count(season, "findings WHERE rule IN ('db.entry_refused', 'internal_error')") == 0
    assert season.execute("PRAGMA foreign_key_check").fetchall() == []
    assert season.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_same_seed_same_rows(tmp_path: Path) -> None:
    """Twice the same in every table; another seed is another season."""
    found = []
    for number, seed in enumerate((7, 7, 8)):
        (tmp_path / str(number)).mkdir()
        path = tmp_path / str(number) / "restrike.db"
        build(path, events=1, seed=seed)
        with closing(connect_reader(path)) as connection:
            found.append({table: _rows(connection, table) for table in set(tables_of(connection)) - BEFORE})
    assert found[0] == found[1]
    assert found[0]["pss_events_v2"] != found[2]["pss_events_v2"]


def _rows(connection: "sqlite3.Connection", table: str) -> list[tuple[object, ...]]:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] not in VOLATILE]
    return list(connection.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1, 2").fetchall())
