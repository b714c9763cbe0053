"""The ring of every session and match, raw datagrams, findings, and the watermark of what is stored."""


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql("ALTER TABLE udp_server_sessions ADD COLUMN ring TEXT NOT NULL DEFAULT ''")
    migrator.sql("ALTER TABLE udp_server_sessions ADD COLUMN session_uuid TEXT")
    migrator.sql("ALTER TABLE udp_server_sessions ADD COLUMN last_entry INTEGER")
    migrator.sql("CREATE UNIQUE INDEX ux_udp_server_sessions_session_uuid ON udp_server_sessions (session_uuid)")
    migrator.sql("ALTER TABLE pss_matches ADD COLUMN ring TEXT NOT NULL DEFAULT ''")
    migrator.sql("ALTER TABLE pss_matches ADD COLUMN first_loaded_at TEXT")
    migrator.sql("ALTER TABLE pss_matches ADD COLUMN last_loaded_at TEXT")
    migrator.sql("ALTER TABLE pss_matches ADD COLUMN load_count INTEGER NOT NULL DEFAULT 1")
    migrator.sql("ALTER TABLE pss_events_v2 ADD COLUMN recognition_status TEXT NOT NULL DEFAULT 'recognized'")
    migrator.sql(
        """
        CREATE TABLE raw_datagrams (
            id INTEGER PRIMARY KEY,
            session_id INTEGER NOT NULL REFERENCES udp_server_sessions (id),
            ring TEXT NOT NULL,
            entry INTEGER NOT NULL,
            received_at TEXT NOT NULL,
            source_address TEXT NOT NULL,
            source_port INTEGER NOT NULL,
            origin TEXT NOT NULL CHECK (origin IN ('live', 'replay')),
            body BLOB NOT NULL,
            UNIQUE (session_id, entry)
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE findings (
            id INTEGER PRIMARY KEY,
            ring TEXT NOT NULL,
            session_id INTEGER REFERENCES udp_server_sessions (id),
            match_id INTEGER REFERENCES pss_matches (id),
            entry INTEGER NOT NULL,
            entry_index INTEGER NOT NULL DEFAULT 0,
            severity TEXT NOT NULL CHECK (severity IN ('information', 'warning', 'error')),
            rule TEXT NOT NULL,
            explanation TEXT NOT NULL,
            evidence TEXT,
            found_at TEXT NOT NULL,
            UNIQUE (session_id, entry, entry_index, rule, explanation)
        )
        """
    )
    migrator.sql("CREATE INDEX ix_findings_match_id ON findings (match_id)")
    migrator.sql("CREATE INDEX ix_findings_rule ON findings (rule)")
    migrator.sql(
        """
        CREATE TABLE watermarks (
            journal_id TEXT NOT NULL,
            ring TEXT NOT NULL,
            session_uuid TEXT NOT NULL,
            entry INTEGER NOT NULL,
            updated_at TEXT NOT NULL,
            PRIMARY KEY (journal_id, ring, session_uuid)
        ) WITHOUT ROWID
        """
    )


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DROP TABLE watermarks")
    migrator.sql("DROP TABLE findings")
    migrator.sql("DROP TABLE raw_datagrams")
    migrator.sql("ALTER TABLE pss_events_v2 DROP COLUMN recognition_status")
    migrator.sql("ALTER TABLE pss_matches DROP COLUMN load_count")
    migrator.sql("ALTER TABLE pss_matches DROP COLUMN last_loaded_at")
    migrator.sql("ALTER TABLE pss_matches DROP COLUMN first_loaded_at")
    migrator.sql("ALTER TABLE pss_matches DROP COLUMN ring")
    migrator.sql("DROP INDEX ux_udp_server_sessions_session_uuid")
    migrator.sql("ALTER TABLE udp_server_sessions DROP COLUMN last_entry")
    migrator.sql("ALTER TABLE udp_server_sessions DROP COLUMN session_uuid")
    migrator.sql("ALTER TABLE udp_server_sessions DROP COLUMN ring")
