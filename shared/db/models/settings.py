"""Models of settings, and the legacy tables (migrations 001 and 002)."""

import peewee as pw

from shared.db.models.record import EditedRecord, Record


class LegacyEvent(Record):
    """A row of the old flat log, kept so that an old database can be imported."""

    event_type = pw.TextField()
    timestamp = pw.TextField()
    match_id = pw.TextField(null=True)
    athlete1_code = pw.TextField(null=True)
    athlete2_code = pw.TextField(null=True)
    score1 = pw.IntegerField(null=True)
    score2 = pw.IntegerField(null=True)
    round = pw.IntegerField(null=True)
    weight_class = pw.TextField(null=True)
    category = pw.TextField(null=True)
    raw_data = pw.TextField()

    class Meta:
        table_name = "pss_events"


class LegacyConfig(EditedRecord):
    """A row of the old key/value store, kept so that an old database can be imported."""

    key = pw.TextField(unique=True)
    value = pw.TextField()
    category = pw.TextField()
    description = pw.TextField(null=True)

    class Meta:
        table_name = "app_config"


class SettingsCategory(EditedRecord):
    """A heading under which settings are listed."""

    name = pw.TextField(unique=True)
    description = pw.TextField(null=True)
    display_order = pw.IntegerField(null=True)

    class Meta:
        table_name = "settings_categories"


class SettingsKey(EditedRecord):
    """What a setting is; `validation_rules` is JSON (min, max, enum, pattern, max_length)."""

    category = pw.ForeignKeyField(SettingsCategory, null=True, backref="+")
    key_name = pw.TextField(unique=True)
    display_name = pw.TextField()
    description = pw.TextField(null=True)
    data_type = pw.TextField()
    default_value = pw.TextField(null=True)
    validation_rules = pw.TextField(null=True)
    is_required = pw.BooleanField(null=True, default=False)
    is_sensitive = pw.BooleanField(null=True, default=False)

    class Meta:
        table_name = "settings_keys"


class SettingsValue(EditedRecord):
    """The value of a setting that is not at its default; encrypted if the key is sensitive."""

    key = pw.ForeignKeyField(SettingsKey, null=True, unique=True, backref="+")
    value = pw.TextField()

    class Meta:
        table_name = "settings_values"


class SettingsHistory(Record):
    """A change of a setting; sensitive values are masked."""

    key = pw.ForeignKeyField(SettingsKey, null=True, backref="+")
    old_value = pw.TextField(null=True)
    new_value = pw.TextField(null=True)
    changed_by = pw.TextField()
    change_reason = pw.TextField(null=True)
    created_at = pw.TextField()

    class Meta:
        table_name = "settings_history"
