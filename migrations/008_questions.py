"""Summaries of matches and athletes, counts of events per minute, full-text search, the clock of each event, indexes.

The rows of `match_summaries` and `athlete_summaries` of older matches are made by db-writer when it starts, and so is
the text index of older events; what SQL alone can say is said here.
"""

EDITED = """
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))"""
TECHNIQUES = ("punches", "body_kicks", "head_kicks", "technical_body_kicks", "technical_head_kicks")
SIDES = ("chong", "hong")

INDEXES = {
    "ix_pss_events_v2_event_type_id": "pss_events_v2 (event_type_id, timestamp)",
    "ix_pss_match_athletes_athlete_id": "pss_match_athletes (athlete_id)",
    "ix_pss_matches_ring": "pss_matches (ring, id)",
    "ix_pss_matches_first_loaded_at": "pss_matches (first_loaded_at)",
    "ix_pss_matches_match_number": "pss_matches (match_number)",
    "ix_pss_matches_weight_class": "pss_matches (weight_class)",
    "ix_pss_matches_tournament_day_id": "pss_matches (tournament_day_id)",
    "ix_pss_athletes_country_code": "pss_athletes (country_code)",
    "ix_pss_rounds_duration": "pss_rounds (duration)",
    "ix_udp_server_sessions_ring": "udp_server_sessions (ring, start_time)",
    "ix_findings_found_at": "findings (found_at)",
    "ix_findings_severity": "findings (severity, found_at)",
    "ix_challenges_requested_at": "challenges (requested_at)",
    "ix_injuries_began_at": "injuries (began_at)",
    "ix_match_edits_made_at": "match_edits (made_at)",
}
# What people type instead of letters with strokes and ligatures: FTS5 takes accents off, but leaves these as they are.
PLAIN_LETTERS = {
    "ae": "Ææ",
    "d": "ĐđÐð",
    "e": "Əə",
    "h": "Ħħ",
    "i": "ı",  # noqa: RUF001  # this very letter is meant
    "l": "Łł",
    "o": "Øø",
    "oe": "Œœ",
    "ss": "ßẞ",
    "t": "Ŧŧ",
    "th": "Þþ",
}
# A row of `search_names` has the id of its row times 4, plus this.
NAMED = {
    "pss_athletes": (
        0,
        "{row}.short_name || ' ' || coalesce({row}.long_name, '') || ' ' || coalesce({row}.country_code, '')",
    ),
    "pss_match_athletes": (
        1,
        (
            "coalesce({row}.shown_short_name, '') || ' ' || coalesce({row}.shown_long_name, '')"
            " || ' ' || coalesce({row}.shown_noc, '')"
        ),
    ),
    "pss_matches": (
        2,
        (
            "coalesce({row}.match_number, '') || ' ' || coalesce({row}.category, '') || ' ' ||"
            " coalesce({row}.weight_class, '') || ' ' || coalesce({row}.division, '')"
        ),
    ),
}


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("ALTER TABLE pss_events_v2 ADD COLUMN clock_ms INTEGER")
    for name, columns in INDEXES.items():
        migrator.sql(f"CREATE INDEX {name} ON {columns}")
    make_summaries(migrator)
    make_counts(migrator)
    make_search(migrator)


def make_summaries(migrator):
    sides = "".join(
        f"""
            {side}_points INTEGER NOT NULL DEFAULT 0,
            {side}_gam_jeoms INTEGER NOT NULL DEFAULT 0,
            {side}_rounds_won INTEGER NOT NULL DEFAULT 0,
            {side}_challenges INTEGER NOT NULL DEFAULT 0,
            {side}_challenges_granted INTEGER NOT NULL DEFAULT 0,
            {side}_hits INTEGER NOT NULL DEFAULT 0,"""
        + "".join(f"\n            {side}_{name} INTEGER NOT NULL DEFAULT 0," for name in TECHNIQUES)
        for side in SIDES
    )
    migrator.sql(
        f"""
        CREATE TABLE match_summaries (
            id INTEGER PRIMARY KEY,
            match_id INTEGER NOT NULL UNIQUE REFERENCES pss_matches (id),
            events INTEGER NOT NULL DEFAULT 0,
            first_event_at TEXT,
            last_event_at TEXT,{sides}
            rounds INTEGER NOT NULL DEFAULT 0,
            fought_ms INTEGER NOT NULL DEFAULT 0,
            injuries INTEGER NOT NULL DEFAULT 0,
            corrections INTEGER NOT NULL DEFAULT 0,
            edits INTEGER NOT NULL DEFAULT 0,
            informations INTEGER NOT NULL DEFAULT 0,
            warnings INTEGER NOT NULL DEFAULT 0,
            errors INTEGER NOT NULL DEFAULT 0,
            lead_changes INTEGER NOT NULL DEFAULT 0,
            comeback_points INTEGER NOT NULL DEFAULT 0,{EDITED}
        )
        """
    )
    migrator.sql("CREATE INDEX ix_match_summaries_comeback_points ON match_summaries (comeback_points)")
    techniques = "".join(f"\n            {name} INTEGER NOT NULL DEFAULT 0," for name in TECHNIQUES)
    migrator.sql(
        f"""
        CREATE TABLE athlete_summaries (
            id INTEGER PRIMARY KEY,
            athlete_id INTEGER NOT NULL UNIQUE REFERENCES pss_athletes (id),
            matches INTEGER NOT NULL DEFAULT 0,
            wins INTEGER NOT NULL DEFAULT 0,
            losses INTEGER NOT NULL DEFAULT 0,
            rounds_won INTEGER NOT NULL DEFAULT 0,
            rounds_lost INTEGER NOT NULL DEFAULT 0,
            points INTEGER NOT NULL DEFAULT 0,
            points_against INTEGER NOT NULL DEFAULT 0,
            gam_jeoms INTEGER NOT NULL DEFAULT 0,
            challenges INTEGER NOT NULL DEFAULT 0,
            challenges_granted INTEGER NOT NULL DEFAULT 0,
            hits INTEGER NOT NULL DEFAULT 0,{techniques}
            comebacks INTEGER NOT NULL DEFAULT 0,
            fought_ms INTEGER NOT NULL DEFAULT 0,
            first_match_at TEXT,
            last_match_at TEXT,{EDITED}
        )
        """
    )
    migrator.sql("CREATE INDEX ix_athlete_summaries_points ON athlete_summaries (points)")


def make_counts(migrator):
    migrator.sql(
        """
        CREATE TABLE event_counts (
            minute TEXT NOT NULL,
            ring TEXT NOT NULL,
            event_type_id INTEGER NOT NULL REFERENCES pss_event_types (id),
            events INTEGER NOT NULL,
            PRIMARY KEY (minute, ring, event_type_id)
        ) WITHOUT ROWID
        """
    )
    migrator.sql(
        """
        INSERT INTO event_counts (minute, ring, event_type_id, events)
        SELECT substr(e.timestamp, 1, 16), s.ring, e.event_type_id, count(*)
        FROM pss_events_v2 e JOIN udp_server_sessions s ON s.id = e.session_id
        GROUP BY 1, 2, 3
        """
    )


def make_search(migrator):
    # Most messages are ASCII: they need not be gone through letter by letter.
    migrator.sql(
        f"""
        CREATE VIEW search_texts AS SELECT id,
            iif(octet_length(raw_data) = length(raw_data), raw_data, {folded("raw_data")}) AS raw_data
        FROM pss_events_v2
        """
    )
    migrator.sql(
        """
        CREATE VIRTUAL TABLE search_events USING fts5 (
            raw_data, content='search_texts', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE search_progress (
            id INTEGER PRIMARY KEY,
            through_event_id INTEGER NOT NULL
        )
        """
    )
    migrator.sql("INSERT INTO search_progress (id, through_event_id) VALUES (1, 0)")
    migrator.sql(
        """
        CREATE VIRTUAL TABLE search_names USING fts5 (
            text, tokenize='unicode61 remove_diacritics 2', prefix='2 3'
        )
        """
    )
    for table, (kind, text) in NAMED.items():
        name_rows(migrator, table, kind=kind, text=text)


def folded(text):
    """An SQL expression: `text` with plain letters."""
    for plain, letters in PLAIN_LETTERS.items():
        for letter in letters:
            text = f"replace({text}, '{letter}', '{plain}')"
    return text


def name_rows(migrator, table, *, kind, text):
    migrator.sql(
        f"INSERT INTO search_names (rowid, text) SELECT id * 4 + {kind}, {folded(text.format(row=table))} FROM {table}"
    )
    insert = f"INSERT INTO search_names (rowid, text) VALUES (new.id * 4 + {kind}, {folded(text.format(row='new'))});"
    delete = f"DELETE FROM search_names WHERE rowid = old.id * 4 + {kind};"
    migrator.sql(f"CREATE TRIGGER tr_{table}_named AFTER INSERT ON {table} BEGIN {insert} END")
    migrator.sql(f"CREATE TRIGGER tr_{table}_unnamed AFTER DELETE ON {table} BEGIN {delete} END")
    migrator.sql(
        f"CREATE TRIGGER tr_{table}_renamed AFTER UPDATE ON {table} WHEN ({text.format(row='new')})"
        f" IS NOT ({text.format(row='old')}) BEGIN {delete} {insert} END"
    )


def rollback(migrator, database, fake=False, **kwargs):
    for table in NAMED:
        for done in ("named", "unnamed", "renamed"):
            migrator.sql(f"DROP TRIGGER tr_{table}_{done}")
    for table in (
        "search_names",
        "search_events",
        "search_progress",
        "event_counts",
        "athlete_summaries",
        "match_summaries",
    ):
        migrator.sql(f"DROP TABLE {table}")
    migrator.sql("DROP VIEW search_texts")
    for name in INDEXES:
        migrator.sql(f"DROP INDEX {name}")
    migrator.sql("ALTER TABLE pss_events_v2 DROP COLUMN clock_ms")
