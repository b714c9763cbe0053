"""What became of the licence: how it stood, and what operators did with it.

The licence itself is not in the database, so that no backup carries it to another machine. Words of the contract (act,
state, reason) have no CHECK: a new word must not need a new table.
"""


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql(
        """
        CREATE TABLE license_changes (
            id INTEGER PRIMARY KEY,
            change_key TEXT NOT NULL UNIQUE,
            changed_at TEXT NOT NULL,
            act TEXT NOT NULL,
            state TEXT NOT NULL,
            state_before TEXT,
            reason TEXT,
            sentence TEXT NOT NULL,
            license_key TEXT,
            plan TEXT,
            expires_at TEXT,
            author TEXT
        )
        """
    )
    migrator.sql("CREATE INDEX ix_license_changes_changed_at ON license_changes (changed_at)")


def rollback(migrator, database, fake=False, **kwargs):
    migrator.sql("DROP TABLE license_changes")
