"""Models of OBS connections, recordings, clips, rules, and of facts of other producers (migrations 001 and 009).

`match_key` is the key of a match that may not be stored (yet), `match` its row once it is. Athletes are 1 chong, 2
hong, 0 the referee; times UTC ISO text; `session_uuid`, `entry` and `entry_index` a place in a ring's journal.
"""

import peewee as pw

from shared.db.models.pss import Match
from shared.db.models.record import EditedRecord, Record


class OutboxMark(Record):
    """The last fact of a run of a producer's outbox that is stored."""

    producer = pw.TextField()
    outbox_id = pw.TextField()
    entry = pw.IntegerField()
    updated_at = pw.TextField()

    class Meta:
        table_name = "outbox_marks"


class RefusedFact(Record):
    """A fact that the database refused, as it came (`body`, MessagePack)."""

    producer = pw.TextField()
    outbox_id = pw.TextField()
    entry = pw.IntegerField()
    body = pw.BlobField()
    error = pw.TextField()
    created_at = pw.TextField()

    class Meta:
        table_name = "refused_facts"


class ObsConnection(EditedRecord):
    """An OBS Studio that we may drive; `password` is encrypted and never shown; `roles`, `rings`, `path_map` JSON."""

    name = pw.TextField(unique=True)
    host = pw.TextField()
    port = pw.IntegerField()
    password = pw.TextField(null=True)
    is_active = pw.BooleanField(null=True, default=True)
    status = pw.TextField(null=True)
    error = pw.TextField(null=True)
    roles = pw.TextField(default='["recording","replay","streaming","scenes"]')
    rings = pw.TextField(default="[]")
    path_map = pw.TextField(default="{}")

    class Meta:
        table_name = "obs_connections"


class ObsRecordingConfig(EditedRecord):
    """How a connection records; see `shared.messages.obs.RecordingSettings`."""

    connection = pw.ForeignKeyField(ObsConnection, unique=True, backref="+", on_delete="CASCADE")
    records_matches = pw.BooleanField()
    root = pw.TextField(null=True)
    folder = pw.TextField()
    file_name = pw.TextField()
    format = pw.TextField(null=True)
    start_on = pw.TextField()
    pre_roll_ms = pw.IntegerField()
    post_roll_ms = pw.IntegerField()
    chapters = pw.BooleanField()
    split_rounds = pw.BooleanField()
    least_free_mib = pw.IntegerField()
    keeps_replay = pw.BooleanField()
    clip_folder = pw.TextField()
    clip_name = pw.TextField()
    review_lead_ms = pw.IntegerField()
    picture_delay_ms = pw.IntegerField()

    class Meta:
        table_name = "obs_recording_config"


class ObsRecordingSession(EditedRecord):
    """A recording of a match as it goes on, and how it stood last; `video_key` is that of its file."""

    video_key = pw.TextField(unique=True)
    connection = pw.TextField()
    ring = pw.TextField()
    match_key = pw.TextField(null=True)
    match = pw.ForeignKeyField(Match, null=True, backref="+")
    part = pw.IntegerField()
    by_hand = pw.BooleanField()
    state = pw.TextField()
    reason = pw.TextField(null=True)
    obs_path = pw.TextField(null=True)
    prepared_at = pw.TextField(null=True)
    started_at = pw.TextField(null=True)
    ended_at = pw.TextField(null=True)
    failed_at = pw.TextField(null=True)

    class Meta:
        table_name = "obs_recording_sessions"


class RecordedVideo(EditedRecord):
    """A file of OBS; `path` is None where only OBS knows it. See `shared.messages.recordings.VideoStored`."""

    video_key = pw.TextField(unique=True)
    kind = pw.TextField()
    connection = pw.TextField()
    ring = pw.TextField()
    match_key = pw.TextField(null=True)
    match = pw.ForeignKeyField(Match, null=True, backref="+")
    part = pw.IntegerField()
    obs_path = pw.TextField(null=True)
    path = pw.TextField(null=True)
    started_at = pw.TextField(null=True)
    ended_at = pw.TextField(null=True)
    duration_ms = pw.IntegerField(null=True)
    size_bytes = pw.IntegerField(null=True)
    sha256 = pw.TextField(null=True)
    is_whole = pw.BooleanField()
    in_ms = pw.IntegerField(null=True)
    out_ms = pw.IntegerField(null=True)
    challenge_number = pw.IntegerField(null=True)
    athlete_position = pw.IntegerField(null=True)
    round_number = pw.IntegerField(null=True)
    clock_ms = pw.IntegerField(null=True)
    decisive_ms = pw.IntegerField(null=True)
    outcome = pw.TextField(null=True)
    is_kept = pw.BooleanField()
    deleted_at = pw.TextField(null=True)
    problem = pw.TextField(null=True)

    class Meta:
        table_name = "recorded_videos"


class RecordedVideoEvent(Record):
    """Where something that happened is in a file, `offset_ms` from its first picture."""

    video = pw.ForeignKeyField(RecordedVideo, backref="+")
    kind = pw.TextField()
    label = pw.TextField()
    offset_ms = pw.IntegerField()
    happened_at = pw.TextField()
    session_uuid = pw.TextField()
    entry = pw.IntegerField()
    entry_index = pw.IntegerField()
    match_key = pw.TextField(null=True)
    athlete_position = pw.IntegerField(null=True)
    round_number = pw.IntegerField(null=True)
    clock_ms = pw.IntegerField(null=True)
    score_chong = pw.IntegerField(null=True)
    score_hong = pw.IntegerField(null=True)

    class Meta:
        table_name = "recorded_video_events"


class ObsRule(EditedRecord):
    """A rule; `definition` is all of it as JSON, in which `name` and `is_enabled` of the row win."""

    name = pw.TextField(unique=True)
    is_enabled = pw.BooleanField()
    priority = pw.IntegerField()
    pack = pw.TextField(null=True)
    description = pw.TextField(null=True)
    definition = pw.TextField()

    class Meta:
        table_name = "obs_rules"


class ObsRuleFiring(Record):
    """A rule fired; `actions` is a JSON list of what it did and how that went."""

    firing_key = pw.TextField(unique=True)
    rule = pw.TextField()
    happening = pw.TextField()
    ring = pw.TextField()
    match_key = pw.TextField(null=True)
    match = pw.ForeignKeyField(Match, null=True, backref="+")
    round_number = pw.IntegerField(null=True)
    clock_ms = pw.IntegerField(null=True)
    session_uuid = pw.TextField()
    entry = pw.IntegerField()
    entry_index = pw.IntegerField()
    happened_at = pw.TextField()
    fired_at = pw.TextField()
    latency_ms = pw.FloatField(null=True)
    outcome = pw.TextField()
    actions = pw.TextField()

    class Meta:
        table_name = "obs_rule_firings"
