"""Model of what became of the licence (migration 012). The licence itself is in no database."""

import peewee as pw

from shared.db.models.record import Record


class LicenseChange(Record):
    """The licence stood otherwise than before, or an operator did something with it."""

    change_key = pw.TextField(unique=True)
    changed_at = pw.TextField(index=True)
    act = pw.TextField()
    state = pw.TextField()
    state_before = pw.TextField(null=True)
    reason = pw.TextField(null=True)
    sentence = pw.TextField()
    license_key = pw.TextField(null=True)
    plan = pw.TextField(null=True)
    expires_at = pw.TextField(null=True)
    author = pw.TextField(null=True)

    class Meta:
        table_name = "license_changes"
