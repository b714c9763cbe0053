"""Models of country flags (migrations 001, 003, 011 and 013)."""

import peewee as pw

from shared.db.models.record import EditedRecord, Record


class FlagMapping(EditedRecord):
    """Which IOC code a code that the PSS sends stands for."""

    pss_code = pw.TextField(unique=True)
    ioc_code = pw.TextField()
    country_name = pw.TextField()
    is_custom = pw.BooleanField(null=True, default=False)
    kind = pw.TextField(default="operator")

    class Meta:
        table_name = "flag_mappings"


class FlagMappingChange(Record):
    """One change of a mapping by an operator; without `ioc_code` it was taken back."""

    pss_code = pw.TextField()
    ioc_code = pw.TextField(null=True)
    country_name = pw.TextField(null=True)
    previous_ioc_code = pw.TextField(null=True)
    author = pw.TextField()
    reason = pw.TextField(null=True)
    changed_at = pw.TextField()

    class Meta:
        table_name = "flag_mapping_history"


class Flag(EditedRecord):
    """A flag's image file and what it was recognized as."""

    filename = pw.TextField()
    ioc_code = pw.TextField(null=True)
    country_name = pw.TextField(null=True)
    recognition_status = pw.TextField(null=True, default="pending")
    recognition_confidence = pw.FloatField(null=True)
    upload_date = pw.TextField(null=True)
    last_modified = pw.TextField(null=True)
    file_size = pw.IntegerField(null=True)
    file_path = pw.TextField()
    is_recognized = pw.BooleanField(null=True, default=False)
    checksum = pw.TextField(null=True)
    source = pw.TextField(default="operator")
    is_shown = pw.BooleanField(default=False)
    media_type = pw.TextField(null=True)
    picture = pw.BlobField(null=True)
    cleared_at = pw.TextField(null=True)

    class Meta:
        table_name = "flags"


class RecognitionHistory(Record):
    """One attempt to recognize a flag."""

    flag = pw.ForeignKeyField(Flag, null=True, backref="+")
    recognition_method = pw.TextField(null=True)
    confidence = pw.FloatField(null=True)
    recognized_as = pw.TextField(null=True)
    timestamp = pw.TextField(null=True)
    outcome = pw.TextField(null=True)
    author = pw.TextField(null=True)
    filename = pw.TextField(null=True)
    reason = pw.TextField(null=True)

    class Meta:
        table_name = "recognition_history"
