"""Models of backups, archives, imports, jobs, the audit of operators, and saved queries (migration 007)."""

import peewee as pw

from shared.db.models.record import EditedRecord, Record


class Backup(EditedRecord):
    """A backup that was taken; the file `path` is there until `removed_at`."""

    name = pw.TextField(unique=True)
    path = pw.TextField()
    format = pw.TextField()
    reason = pw.TextField()
    status = pw.TextField()
    schema_version = pw.IntegerField()
    size_bytes = pw.IntegerField()
    database_bytes = pw.IntegerField()
    sha256 = pw.TextField()
    duration_ms = pw.IntegerField(null=True)
    taken_at = pw.TextField()
    removed_at = pw.TextField(null=True)

    class Meta:
        table_name = "backups"


class BackupVerification(Record):
    """One check of a backup, restored into a scratch file; `problems` is a JSON list."""

    backup = pw.ForeignKeyField(Backup, backref="+")
    verified_at = pw.TextField()
    is_sound = pw.BooleanField()
    duration_ms = pw.IntegerField(null=True)
    problems = pw.TextField(null=True)

    class Meta:
        table_name = "backup_verifications"


class BackupCopy(EditedRecord):
    """A backup's copy at another place, sent in parts, so that one that broke off goes on."""

    backup = pw.ForeignKeyField(Backup, backref="+")
    remote = pw.TextField()
    status = pw.TextField()
    parts = pw.IntegerField()
    bytes_copied = pw.IntegerField()
    copied_at = pw.TextField(null=True)
    verified_at = pw.TextField(null=True)
    error = pw.TextField(null=True)

    class Meta:
        table_name = "backup_copies"


class Archive(EditedRecord):
    """A month's datagrams and events in a file of their own; `brought_back_at` once they are here again."""

    name = pw.TextField(unique=True)
    month = pw.TextField()
    path = pw.TextField()
    status = pw.TextField()
    schema_version = pw.IntegerField()
    datagrams = pw.IntegerField()
    events = pw.IntegerField()
    size_bytes = pw.IntegerField()
    sha256 = pw.TextField()
    archived_at = pw.TextField()
    brought_back_at = pw.TextField(null=True)

    class Meta:
        table_name = "archives"


class Import(EditedRecord):
    """A file that was read in; `progress` (where to go on) and `report` are JSON."""

    kind = pw.TextField()
    source = pw.TextField()
    sha256 = pw.TextField()
    author = pw.TextField()
    status = pw.TextField()
    progress = pw.TextField(null=True)
    report = pw.TextField(null=True)
    begun_at = pw.TextField()
    ended_at = pw.TextField(null=True)

    class Meta:
        table_name = "imports"


class Job(Record):
    """Long work on the database; `options` and `result` are JSON."""

    job_id = pw.TextField(unique=True)
    kind = pw.TextField()
    options = pw.TextField()
    author = pw.TextField()
    status = pw.TextField()
    result = pw.TextField(null=True)
    error = pw.TextField(null=True)
    begun_at = pw.TextField()
    ended_at = pw.TextField(null=True)

    class Meta:
        table_name = "jobs"


class OperatorAct(Record):
    """What a person did to the database or a match, or was refused; `details` is JSON."""

    done_at = pw.TextField()
    author = pw.TextField()
    action = pw.TextField()
    target = pw.TextField(null=True)
    details = pw.TextField(null=True)
    reason = pw.TextField(null=True)
    outcome = pw.TextField()
    error = pw.TextField(null=True)
    ring = pw.TextField(null=True)
    entry = pw.IntegerField(null=True)

    class Meta:
        table_name = "operator_audit"


class SavedQuery(EditedRecord):
    """A question that somebody named."""

    name = pw.TextField(unique=True)
    description = pw.TextField(null=True)
    sql = pw.TextField()
    author = pw.TextField()

    class Meta:
        table_name = "saved_queries"
