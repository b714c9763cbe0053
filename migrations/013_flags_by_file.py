"""The file of each attempt to recognize a flag, that an operator took a picture away, and the code of Vatican City."""


def migrate(migrator, database, fake=False, **kwargs):
    # What was tried before has no file name: that of the flag is the one that was given last.
    migrator.sql("ALTER TABLE recognition_history ADD COLUMN filename TEXT")
    migrator.sql("ALTER TABLE recognition_history ADD COLUMN reason TEXT")
    migrator.sql("ALTER TABLE flags ADD COLUMN cleared_at TEXT")
    migrator.sql(
        """
        INSERT INTO flag_mappings (pss_code, ioc_code, country_name, kind, is_custom)
        VALUES ('VAT', 'VAT', 'Vatican City', 'code', 0)
        ON CONFLICT (pss_code) DO UPDATE SET kind = excluded.kind, ioc_code = excluded.ioc_code,
            country_name = excluded.country_name WHERE is_custom = 0
        """
    )


def rollback(migrator, database, fake=False, **kwargs):
    # The rows of Vatican City in flag_mappings and flags stay: the older version has a place for them, but no picture,
    # and so writes its rows of flags anew at each start.
    # That an operator took a picture away is forgotten: when this is applied again, a scan shows it again.
    migrator.sql("ALTER TABLE flags DROP COLUMN cleared_at")
    migrator.sql("ALTER TABLE recognition_history DROP COLUMN reason")
    migrator.sql("ALTER TABLE recognition_history DROP COLUMN filename")
