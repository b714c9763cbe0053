"""Flags and how they were recognized; the rows of flag_mappings come with a later migration."""


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql(
        """
        CREATE TABLE flags (
            id INTEGER PRIMARY KEY,
            filename TEXT NOT NULL,
            ioc_code TEXT,
            country_name TEXT,
            recognition_status TEXT DEFAULT 'pending'
                CHECK (recognition_status IN ('pending', 'recognized', 'unknown', 'custom')),
            recognition_confidence REAL,
            upload_date TEXT,
            last_modified TEXT,
            file_size INTEGER,
            file_path TEXT NOT NULL,
            is_recognized INTEGER DEFAULT 0,
            checksum TEXT,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql("CREATE INDEX ix_flags_ioc_code ON flags (ioc_code)")
    migrator.sql("CREATE INDEX ix_flags_recognition_status ON flags (recognition_status)")
    migrator.sql(
        """
        CREATE TABLE recognition_history (
            id INTEGER PRIMARY KEY,
            flag_id INTEGER REFERENCES flags (id),
            recognition_method TEXT,
            confidence REAL,
            recognized_as TEXT,
            timestamp TEXT
        )
        """
    )
    migrator.sql("CREATE INDEX ix_recognition_history_flag_id ON recognition_history (flag_id)")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DROP TABLE recognition_history")
    migrator.sql("DROP TABLE flags")
