"""Results, rounds, reviews, injuries, corrections, stages, edits and names of matches; rule sets; unknown streams.

Words of the contract (standing, method, stage, origin and so on) have no CHECK: a new word must not need a new table.
"""

# SQLite can not change a CHECK, so the table is made anew with its rows; {check} is what `origin` must be.
RAW_DATAGRAMS = """
CREATE TABLE raw_datagrams_new (
    id INTEGER PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES udp_server_sessions (id),
    ring TEXT NOT NULL,
    entry INTEGER NOT NULL,
    received_at TEXT NOT NULL,
    source_address TEXT NOT NULL,
    source_port INTEGER NOT NULL,
    origin TEXT NOT NULL{check},
    body BLOB NOT NULL,
    UNIQUE (session_id, entry)
)
"""
FILL_RAW_DATAGRAMS = """
INSERT INTO raw_datagrams_new (id, session_id, ring, entry, received_at, source_address, source_port, origin, body)
SELECT id, session_id, ring, entry, received_at, source_address, source_port, {origin}, body FROM raw_datagrams
ORDER BY id
"""
# What the sender said of a side, be it cut: a name that identifies nobody has no row in pss_athletes.
SHOWN = ("shown_short_name", "shown_long_name", "shown_noc")
EDITED = """
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))"""


def migrate(migrator, database, fake=False, **kwargs):
    rebuild_raw_datagrams(migrator, check="", origin="origin")
    migrator.sql("ALTER TABLE udp_server_sessions ADD COLUMN dialect TEXT")
    migrator.sql("ALTER TABLE udp_server_sessions ADD COLUMN dialect_reason TEXT")
    migrator.sql("ALTER TABLE udp_server_sessions ADD COLUMN last_match_id INTEGER REFERENCES pss_matches (id)")
    migrator.sql("ALTER TABLE pss_matches ADD COLUMN status TEXT NOT NULL DEFAULT 'open'")
    migrator.sql("ALTER TABLE pss_matches ADD COLUMN closed_at TEXT")
    migrator.sql("ALTER TABLE pss_matches ADD COLUMN closed_by TEXT")
    migrator.sql("ALTER TABLE pss_matches ADD COLUMN close_reason TEXT")
    for column in SHOWN:
        migrator.sql(f"ALTER TABLE pss_match_athletes ADD COLUMN {column} TEXT")
    migrator.sql(
        """
        UPDATE pss_matches SET status = 'decided' WHERE id IN (
            SELECT e.match_id FROM pss_events_v2 e JOIN pss_event_types t ON t.id = e.event_type_id
            WHERE t.event_code IN ('WIN', 'WMH')
        )
        """
    )
    make_rule_sets(migrator)
    make_results(migrator)
    make_episodes(migrator)
    make_edits(migrator)
    migrator.sql(
        f"""
        CREATE TABLE unknown_streams (
            id INTEGER PRIMARY KEY,
            ring TEXT NOT NULL,
            stream TEXT NOT NULL,
            message_count INTEGER NOT NULL,
            first_seen TEXT NOT NULL,
            last_seen TEXT NOT NULL,
            sample_raw TEXT NOT NULL,{EDITED},
            UNIQUE (ring, stream)
        )
        """
    )


def rebuild_raw_datagrams(migrator, *, check, origin):
    migrator.sql(RAW_DATAGRAMS.format(check=check))
    migrator.sql(FILL_RAW_DATAGRAMS.format(origin=origin))
    migrator.sql("DROP TABLE raw_datagrams")
    migrator.sql("ALTER TABLE raw_datagrams_new RENAME TO raw_datagrams")


def make_rule_sets(migrator):
    migrator.sql(
        """
        CREATE TABLE rule_sets (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            version INTEGER NOT NULL,
            title TEXT NOT NULL,
            effective_from TEXT NOT NULL,
            is_confirmed INTEGER NOT NULL,
            definition TEXT NOT NULL,
            UNIQUE (name, version, definition)
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE ring_interpretations (
            id INTEGER PRIMARY KEY,
            ring TEXT NOT NULL,
            session_id INTEGER NOT NULL REFERENCES udp_server_sessions (id),
            entry INTEGER NOT NULL,
            rule_set_id INTEGER NOT NULL REFERENCES rule_sets (id),
            dialect TEXT,
            strictness TEXT NOT NULL,
            encodings TEXT NOT NULL,
            chosen_at TEXT NOT NULL,
            UNIQUE (session_id, entry)
        )
        """
    )
    migrator.sql("CREATE INDEX ix_ring_interpretations_ring ON ring_interpretations (ring, chosen_at)")


def make_results(migrator):
    migrator.sql(
        f"""
        CREATE TABLE match_results (
            id INTEGER PRIMARY KEY,
            match_id INTEGER NOT NULL UNIQUE REFERENCES pss_matches (id),
            standing TEXT NOT NULL,
            winner INTEGER,
            decision TEXT,
            declared_winner INTEGER,
            declared_decision TEXT,
            declared_name TEXT,
            declared_rounds_chong INTEGER,
            declared_rounds_hong INTEGER,
            derived_winner INTEGER,
            method TEXT,
            rounds_won_chong INTEGER NOT NULL DEFAULT 0,
            rounds_won_hong INTEGER NOT NULL DEFAULT 0,
            rule_set TEXT,
            doubts TEXT,
            judged TEXT,
            assessed_at TEXT NOT NULL,{EDITED}
        )
        """
    )
    techniques = ("punches", "body_kicks", "head_kicks", "technical_body_kicks", "technical_head_kicks")
    counts = "".join(f"{side}_{name} INTEGER, " for side in ("chong", "hong") for name in techniques)
    migrator.sql(
        f"""
        CREATE TABLE round_results (
            id INTEGER PRIMARY KEY,
            match_id INTEGER NOT NULL REFERENCES pss_matches (id),
            round_number INTEGER NOT NULL,
            standing TEXT NOT NULL,
            score_chong INTEGER,
            score_hong INTEGER,
            gam_jeoms_chong INTEGER,
            gam_jeoms_hong INTEGER,
            {counts}
            winner INTEGER,
            declared_winner INTEGER,
            derived_winner INTEGER,
            method TEXT,
            fought_ms INTEGER,
            is_golden INTEGER NOT NULL DEFAULT 0,
            doubts TEXT,
            judged TEXT,
            assessed_at TEXT NOT NULL,{EDITED},
            UNIQUE (match_id, round_number)
        )
        """
    )


def make_episodes(migrator):
    migrator.sql(
        f"""
        CREATE TABLE challenges (
            id INTEGER PRIMARY KEY,
            match_id INTEGER NOT NULL REFERENCES pss_matches (id),
            number INTEGER NOT NULL,
            athlete_position INTEGER NOT NULL,
            status TEXT NOT NULL,
            round_number INTEGER,
            clock_ms INTEGER,
            requested_at TEXT NOT NULL,
            decided_at TEXT,
            ended_at TEXT,
            end_reason TEXT,
            entry INTEGER NOT NULL,
            replay_clip TEXT,{EDITED},
            UNIQUE (match_id, number)
        )
        """
    )
    migrator.sql(
        f"""
        CREATE TABLE injuries (
            id INTEGER PRIMARY KEY,
            match_id INTEGER NOT NULL REFERENCES pss_matches (id),
            number INTEGER NOT NULL,
            kind TEXT NOT NULL,
            athlete_position INTEGER NOT NULL,
            round_number INTEGER,
            clock_ms INTEGER,
            left_ms INTEGER,
            began_at TEXT NOT NULL,
            ended_at TEXT,
            end_reason TEXT,
            entry INTEGER NOT NULL,{EDITED},
            UNIQUE (match_id, number)
        )
        """
    )
    where = """
            id INTEGER PRIMARY KEY,
            ring TEXT NOT NULL,
            session_id INTEGER NOT NULL REFERENCES udp_server_sessions (id),
            match_id INTEGER REFERENCES pss_matches (id),
            entry INTEGER NOT NULL,
            entry_index INTEGER NOT NULL,"""
    migrator.sql(
        f"""
        CREATE TABLE corrections ({where}
            round_number INTEGER,
            what TEXT NOT NULL,
            athlete_position INTEGER,
            value_before INTEGER,
            value_after INTEGER,
            clock_ms INTEGER,
            made_at TEXT NOT NULL
        )
        """
    )
    migrator.sql("CREATE INDEX ix_corrections_match_id ON corrections (match_id)")
    migrator.sql(
        f"""
        CREATE TABLE match_stages ({where}
            stage TEXT NOT NULL,
            since TEXT NOT NULL,
            stage_before TEXT,
            before_ms INTEGER
        )
        """
    )
    migrator.sql("CREATE INDEX ix_match_stages_match_id ON match_stages (match_id)")
    # The first stages of a load are told before its match is known; they are found again by this.
    migrator.sql("CREATE INDEX ix_match_stages_entry ON match_stages (session_id, entry)")


def make_edits(migrator):
    migrator.sql(
        f"""
        CREATE TABLE match_edits (
            id INTEGER PRIMARY KEY,
            edit_id TEXT NOT NULL UNIQUE,
            match_id INTEGER REFERENCES pss_matches (id),
            match_key TEXT NOT NULL,
            ring TEXT NOT NULL,
            entry INTEGER NOT NULL,
            author TEXT NOT NULL,
            reason TEXT NOT NULL,
            changes TEXT NOT NULL,
            made_at TEXT NOT NULL,
            undone_at TEXT,
            undone_by TEXT,
            undo_reason TEXT,{EDITED}
        )
        """
    )
    migrator.sql("CREATE INDEX ix_match_edits_match_id ON match_edits (match_id)")


def rollback(migrator, database, fake=False, **kwargs):
    for table in (
        "unknown_streams",
        "match_edits",
        "match_stages",
        "corrections",
        "injuries",
        "challenges",
        "round_results",
        "match_results",
        "ring_interpretations",
        "rule_sets",
    ):
        migrator.sql(f"DROP TABLE {table}")
    for column in ("close_reason", "closed_by", "closed_at", "status"):
        migrator.sql(f"ALTER TABLE pss_matches DROP COLUMN {column}")
    for column in SHOWN:
        migrator.sql(f"ALTER TABLE pss_match_athletes DROP COLUMN {column}")
    for column in ("last_match_id", "dialect_reason", "dialect"):
        migrator.sql(f"ALTER TABLE udp_server_sessions DROP COLUMN {column}")
    # What the older schema does not know came from a scoring system, as all that is live.
    older = "CASE origin WHEN 'replay' THEN 'replay' ELSE 'live' END"
    rebuild_raw_datagrams(migrator, check=" CHECK (origin IN ('live', 'replay'))", origin=older)
