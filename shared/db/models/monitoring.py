"""Models of samples of the machine, of alerts, and of what services went through (migration 010).

A sample is the average of the `period_s` seconds that end at `sampled_at` (UTC ISO text); its parts go with it.
"""

import peewee as pw

from shared.db.models.record import EditedRecord, Record


class ResourceSample(Record):
    """The machine as a whole."""

    sampled_at = pw.TextField()
    period_s = pw.IntegerField()
    cpu_percent = pw.FloatField()
    cpu_busiest_core_percent = pw.FloatField()
    load_1 = pw.FloatField()
    frequency_mhz = pw.FloatField(null=True)
    temperature_c = pw.FloatField(null=True)
    memory_total_bytes = pw.IntegerField()
    memory_available_bytes = pw.IntegerField()
    swap_used_bytes = pw.IntegerField()
    udp_received = pw.IntegerField()
    udp_dropped = pw.IntegerField()
    clock_offset_ms = pw.FloatField(null=True)

    class Meta:
        table_name = "resource_samples"
        indexes = ((("period_s", "sampled_at"), True),)


class DiskSample(Record):
    """A mounted disk that the suite uses."""

    sample = pw.ForeignKeyField(ResourceSample, backref="+", on_delete="CASCADE")
    mount = pw.TextField()
    total_bytes = pw.IntegerField()
    free_bytes = pw.IntegerField()
    read_bytes_per_s = pw.FloatField(null=True)
    written_bytes_per_s = pw.FloatField(null=True)
    busy_percent = pw.FloatField(null=True)

    class Meta:
        table_name = "disk_samples"
        indexes = ((("sample", "mount"), True),)


class NetworkSample(Record):
    """A network interface; `errors` and `drops` are those of the period."""

    sample = pw.ForeignKeyField(ResourceSample, backref="+", on_delete="CASCADE")
    interface = pw.TextField()
    is_up = pw.BooleanField()
    received_bytes_per_s = pw.FloatField()
    sent_bytes_per_s = pw.FloatField()
    errors = pw.IntegerField()
    drops = pw.IntegerField()

    class Meta:
        table_name = "network_samples"
        indexes = ((("sample", "interface"), True),)


class ProcessSample(Record):
    """A process of the suite, an OBS or an ffmpeg. `cpu_percent` is that of one core."""

    sample = pw.ForeignKeyField(ResourceSample, backref="+", on_delete="CASCADE")
    name = pw.TextField()
    kind = pw.TextField()
    pid = pw.IntegerField()
    cpu_percent = pw.FloatField()
    rss_bytes = pw.IntegerField()
    pss_bytes = pw.IntegerField(null=True)
    threads = pw.IntegerField()
    files = pw.IntegerField(null=True)
    read_bytes_per_s = pw.FloatField(null=True)
    written_bytes_per_s = pw.FloatField(null=True)

    class Meta:
        table_name = "process_samples"
        indexes = ((("sample", "pid"), True),)


class ObsSample(Record):
    """What an OBS said of itself; frames are those of the period."""

    sample = pw.ForeignKeyField(ResourceSample, backref="+", on_delete="CASCADE")
    connection = pw.TextField()
    cpu_percent = pw.FloatField()
    memory_mib = pw.FloatField()
    fps = pw.FloatField()
    frame_ms = pw.FloatField()
    render_frames_skipped = pw.IntegerField()
    output_frames_skipped = pw.IntegerField()
    stream_frames_dropped = pw.IntegerField()
    stream_kbps = pw.IntegerField()

    class Meta:
        table_name = "obs_samples"
        indexes = ((("sample", "connection"), True),)


class StoredAlertRule(EditedRecord):
    """A rule of the operator's own, or one that stands for a default rule; `definition` is its JSON."""

    name = pw.TextField(unique=True)
    is_enabled = pw.BooleanField()
    definition = pw.TextField()

    class Meta:
        table_name = "alert_rules"


class StoredAlert(EditedRecord):
    """An alert from its raising to its end."""

    alert_key = pw.TextField(unique=True)
    rule = pw.TextField()
    subject = pw.TextField()
    severity = pw.TextField()
    state = pw.TextField()
    message = pw.TextField()
    remedy = pw.TextField(null=True)
    value = pw.FloatField(null=True)
    raised_at = pw.TextField(index=True)
    acknowledged_at = pw.TextField(null=True)
    acknowledged_by = pw.TextField(null=True)
    note = pw.TextField(null=True)
    cleared_at = pw.TextField(null=True)

    class Meta:
        table_name = "alerts"
        indexes = ((("rule", "raised_at"), False),)


class AlertDelivery(Record):
    """A mail or a call of a webhook about an alert."""

    delivery_key = pw.TextField(unique=True)
    alert_key = pw.TextField(index=True)
    channel = pw.TextField()
    about = pw.TextField()
    attempts = pw.IntegerField()
    delivered_at = pw.TextField(null=True)
    error = pw.TextField(null=True)
    updated_at = pw.TextField()

    class Meta:
        table_name = "alert_deliveries"


class ServiceIncident(Record):
    """A service that was ended, came back, or does not stay up."""

    incident_key = pw.TextField(unique=True)
    service = pw.TextField()
    kind = pw.TextField()
    happened_at = pw.TextField(index=True)
    pid = pw.IntegerField(null=True)
    detail = pw.TextField(null=True)

    class Meta:
        table_name = "service_incidents"
