"""Settings: categories, keys, values and history, and the nine categories."""


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql(
        """
        CREATE TABLE settings_categories (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            description TEXT,
            display_order INTEGER,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE settings_keys (
            id INTEGER PRIMARY KEY,
            category_id INTEGER REFERENCES settings_categories (id),
            key_name TEXT NOT NULL UNIQUE,
            display_name TEXT NOT NULL,
            description TEXT,
            data_type TEXT NOT NULL CHECK (data_type IN ('string', 'integer', 'boolean', 'float', 'json')),
            default_value TEXT,
            validation_rules TEXT,
            is_required INTEGER DEFAULT 0,
            is_sensitive INTEGER DEFAULT 0,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql("CREATE INDEX ix_settings_keys_category_id ON settings_keys (category_id)")
    migrator.sql(
        """
        CREATE TABLE settings_values (
            id INTEGER PRIMARY KEY,
            key_id INTEGER UNIQUE REFERENCES settings_keys (id),
            value TEXT NOT NULL,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
            updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql(
        """
        CREATE TABLE settings_history (
            id INTEGER PRIMARY KEY,
            key_id INTEGER REFERENCES settings_keys (id),
            old_value TEXT,
            new_value TEXT,
            changed_by TEXT NOT NULL,
            change_reason TEXT,
            created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
        )
        """
    )
    migrator.sql("CREATE INDEX ix_settings_history_key_id ON settings_history (key_id)")
    migrator.sql("CREATE INDEX ix_settings_history_created_at ON settings_history (created_at)")
    migrator.sql(
        """
        INSERT INTO settings_categories (name, description, display_order) VALUES
            ('app', 'The suite itself', 1),
            ('obs', 'OBS Studio connections and recording', 2),
            ('udp', 'UDP listeners of the rings', 3),
            ('logging', 'Log levels and retention', 4),
            ('ui', 'What operators see', 5),
            ('video', 'Recordings, clips and replays', 6),
            ('license', 'The licence', 7),
            ('flags', 'Country flags', 8),
            ('advanced', 'Rarely changed; ask before changing', 9)
        """
    )


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DROP TABLE settings_history")
    migrator.sql("DROP TABLE settings_values")
    migrator.sql("DROP TABLE settings_keys")
    migrator.sql("DROP TABLE settings_categories")
