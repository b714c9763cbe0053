"""Tournaments, days and draws; backups, archives, imports and care; the audit of operators, and saved queries.

Words of the contract (status, outcome and so on) have no CHECK: a new word must not need a new table.
"""

EDITED = """
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))"""


def migrate(migrator, database, fake=False, **kwargs):
    make_tournaments(migrator)
    make_backups(migrator)
    make_care(migrator)
    migrator.sql(
        """
        CREATE TABLE operator_audit (
            id INTEGER PRIMARY KEY,
            done_at TEXT NOT NULL,
            author TEXT NOT NULL,
            action TEXT NOT NULL,
            target TEXT,
            details TEXT,
            reason TEXT,
            outcome TEXT NOT NULL,
            error TEXT,
            ring TEXT,
            entry INTEGER
        )
        """
    )
    migrator.sql("CREATE INDEX ix_operator_audit_done_at ON operator_audit (done_at)")
    migrator.sql("CREATE INDEX ix_operator_audit_author ON operator_audit (author, done_at)")
    migrator.sql("CREATE INDEX ix_operator_audit_action ON operator_audit (action, done_at)")
    migrator.sql(
        f"""
        CREATE TABLE saved_queries (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            description TEXT,
            sql TEXT NOT NULL,
            author TEXT NOT NULL,{EDITED}
        )
        """
    )


def make_tournaments(migrator):
    migrator.sql(
        f"""
        CREATE TABLE tournaments (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            location TEXT,
            country_code TEXT,
            starts_on TEXT NOT NULL,
            ends_on TEXT NOT NULL,
            time_zone TEXT NOT NULL,
            rule_set TEXT,
            logo BLOB,
            logo_type TEXT,
            status TEXT NOT NULL DEFAULT 'planned',
            is_active INTEGER NOT NULL DEFAULT 0,{EDITED}
        )
        """
    )
    migrator.sql("CREATE UNIQUE INDEX ux_tournaments_is_active ON tournaments (is_active) WHERE is_active = 1")
    migrator.sql(
        f"""
        CREATE TABLE tournament_days (
            id INTEGER PRIMARY KEY,
            tournament_id INTEGER NOT NULL REFERENCES tournaments (id),
            day_number INTEGER NOT NULL,
            date TEXT NOT NULL,
            title TEXT,
            status TEXT NOT NULL DEFAULT 'planned',
            is_active INTEGER NOT NULL DEFAULT 0,{EDITED},
            UNIQUE (tournament_id, day_number),
            UNIQUE (tournament_id, date)
        )
        """
    )
    migrator.sql("CREATE UNIQUE INDEX ux_tournament_days_is_active ON tournament_days (is_active) WHERE is_active = 1")
    migrator.sql("ALTER TABLE pss_matches ADD COLUMN tournament_day_id INTEGER REFERENCES tournament_days (id)")
    migrator.sql(
        f"""
        CREATE TABLE planned_matches (
            id INTEGER PRIMARY KEY,
            tournament_day_id INTEGER NOT NULL REFERENCES tournament_days (id),
            match_number TEXT NOT NULL,
            ring TEXT,
            scheduled_at TEXT,
            phase TEXT,
            category TEXT,
            weight_class TEXT,
            division TEXT,
            chong_athlete_id INTEGER REFERENCES pss_athletes (id),
            hong_athlete_id INTEGER REFERENCES pss_athletes (id),
            match_id INTEGER REFERENCES pss_matches (id),{EDITED},
            UNIQUE (tournament_day_id, match_number)
        )
        """
    )
    migrator.sql("CREATE INDEX ix_planned_matches_match_id ON planned_matches (match_id)")


def make_backups(migrator):
    migrator.sql(
        f"""
        CREATE TABLE backups (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            path TEXT NOT NULL,
            format TEXT NOT NULL,
            reason TEXT NOT NULL,
            status TEXT NOT NULL,
            schema_version INTEGER NOT NULL,
            size_bytes INTEGER NOT NULL,
            database_bytes INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            duration_ms INTEGER,
            taken_at TEXT NOT NULL,
            removed_at TEXT,{EDITED}
        )
        """
    )
    migrator.sql("CREATE INDEX ix_backups_taken_at ON backups (taken_at)")
    migrator.sql(
        """
        CREATE TABLE backup_verifications (
            id INTEGER PRIMARY KEY,
            backup_id INTEGER NOT NULL REFERENCES backups (id),
            verified_at TEXT NOT NULL,
            is_sound INTEGER NOT NULL,
            duration_ms INTEGER,
            problems TEXT
        )
        """
    )
    migrator.sql("CREATE INDEX ix_backup_verifications_backup_id ON backup_verifications (backup_id, verified_at)")
    migrator.sql(
        f"""
        CREATE TABLE backup_copies (
            id INTEGER PRIMARY KEY,
            backup_id INTEGER NOT NULL REFERENCES backups (id),
            remote TEXT NOT NULL,
            status TEXT NOT NULL,
            parts INTEGER NOT NULL,
            bytes_copied INTEGER NOT NULL,
            copied_at TEXT,
            verified_at TEXT,
            error TEXT,{EDITED},
            UNIQUE (backup_id, remote)
        )
        """
    )


def make_care(migrator):
    migrator.sql(
        f"""
        CREATE TABLE archives (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            month TEXT NOT NULL,
            path TEXT NOT NULL,
            status TEXT NOT NULL,
            schema_version INTEGER NOT NULL,
            datagrams INTEGER NOT NULL,
            events INTEGER NOT NULL,
            size_bytes INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            archived_at TEXT NOT NULL,
            brought_back_at TEXT,{EDITED}
        )
        """
    )
    migrator.sql("CREATE INDEX ix_archives_month ON archives (month)")
    migrator.sql(
        f"""
        CREATE TABLE imports (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            source TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            author TEXT NOT NULL,
            status TEXT NOT NULL,
            progress TEXT,
            report TEXT,
            begun_at TEXT NOT NULL,
            ended_at TEXT,{EDITED}
        )
        """
    )
    migrator.sql("CREATE INDEX ix_imports_sha256 ON imports (sha256)")
    migrator.sql(
        """
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY,
            job_id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            options TEXT NOT NULL,
            author TEXT NOT NULL,
            status TEXT NOT NULL,
            result TEXT,
            error TEXT,
            begun_at TEXT NOT NULL,
            ended_at TEXT
        )
        """
    )
    migrator.sql("CREATE INDEX ix_jobs_kind ON jobs (kind, begun_at)")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("ALTER TABLE pss_matches DROP COLUMN tournament_day_id")
    for table in (
        "saved_queries",
        "operator_audit",
        "jobs",
        "imports",
        "archives",
        "backup_copies",
        "backup_verifications",
        "backups",
        "planned_matches",
        "tournament_days",
        "tournaments",
    ):
        migrator.sql(f"DROP TABLE {table}")
