"""The legacy event log and key/value store, OBS connections, and the flag mapping."""


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql(
        """
        CREATE TABLE pss_events (
            id INTEGER PRIMARY KEY,
            event_type TEXT NOT NULL,
            timestamp TEXT NOT NULL,
            match_id TEXT,
            athlete1_code TEXT,
            athlete2_code TEXT,
            score1 INTEGER,
            score2 INTEGER,
            round INTEGER,
            weight_class TEXT,
            category TEXT,
            raw_data TEXT NOT NULL
        )
        """
    )
    migrator.sql("CREATE INDEX ix_pss_events_timestamp ON pss_events (timestamp)")
    migrator.sql("CREATE INDEX ix_pss_events_match_id ON pss_events (match_id)")
    migrator.sql(
        """
        CREATE TABLE obs_connections (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            host TEXT NOT NULL,
            port INTEGER NOT NULL,
            password TEXT,
            is_active INTEGER DEFAULT 1,
            status TEXT,
            error TEXT,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE app_config (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            value TEXT NOT NULL,
            category TEXT NOT NULL,
            description TEXT,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql("CREATE INDEX ix_app_config_category ON app_config (category)")
    migrator.sql(
        """
        CREATE TABLE flag_mappings (
            id INTEGER PRIMARY KEY,
            pss_code TEXT NOT NULL UNIQUE,
            ioc_code TEXT NOT NULL,
            country_name TEXT NOT NULL,
            is_custom INTEGER DEFAULT 0,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql("CREATE INDEX ix_flag_mappings_ioc_code ON flag_mappings (ioc_code)")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DROP TABLE flag_mappings")
    migrator.sql("DROP TABLE app_config")
    migrator.sql("DROP TABLE obs_connections")
    migrator.sql("DROP TABLE pss_events")
