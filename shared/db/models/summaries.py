"""Models of what db-writer sums up with the events, and how far the text index is (migration 008)."""

import peewee as pw

from shared.db.models.pss import Athlete, EventType, Match
from shared.db.models.record import EditedRecord, Record


class MatchSummary(EditedRecord):
    """A match in one row; `comeback_points` is the largest deficit that its winner made up."""

    match = pw.ForeignKeyField(Match, unique=True, backref="+")
    events = pw.IntegerField(default=0)
    first_event_at = pw.TextField(null=True)
    last_event_at = pw.TextField(null=True)
    chong_points = pw.IntegerField(default=0)
    chong_gam_jeoms = pw.IntegerField(default=0)
    chong_rounds_won = pw.IntegerField(default=0)
    chong_challenges = pw.IntegerField(default=0)
    chong_challenges_granted = pw.IntegerField(default=0)
    chong_hits = pw.IntegerField(default=0)
    chong_punches = pw.IntegerField(default=0)
    chong_body_kicks = pw.IntegerField(default=0)
    chong_head_kicks = pw.IntegerField(default=0)
    chong_technical_body_kicks = pw.IntegerField(default=0)
    chong_technical_head_kicks = pw.IntegerField(default=0)
    hong_points = pw.IntegerField(default=0)
    hong_gam_jeoms = pw.IntegerField(default=0)
    hong_rounds_won = pw.IntegerField(default=0)
    hong_challenges = pw.IntegerField(default=0)
    hong_challenges_granted = pw.IntegerField(default=0)
    hong_hits = pw.IntegerField(default=0)
    hong_punches = pw.IntegerField(default=0)
    hong_body_kicks = pw.IntegerField(default=0)
    hong_head_kicks = pw.IntegerField(default=0)
    hong_technical_body_kicks = pw.IntegerField(default=0)
    hong_technical_head_kicks = pw.IntegerField(default=0)
    rounds = pw.IntegerField(default=0)
    fought_ms = pw.IntegerField(default=0)
    injuries = pw.IntegerField(default=0)
    corrections = pw.IntegerField(default=0)
    edits = pw.IntegerField(default=0)
    informations = pw.IntegerField(default=0)
    warnings = pw.IntegerField(default=0)
    errors = pw.IntegerField(default=0)
    lead_changes = pw.IntegerField(default=0)
    comeback_points = pw.IntegerField(default=0)

    class Meta:
        table_name = "match_summaries"


class AthleteSummary(EditedRecord):
    """All matches of an athlete in one row."""

    athlete = pw.ForeignKeyField(Athlete, unique=True, backref="+")
    matches = pw.IntegerField(default=0)
    wins = pw.IntegerField(default=0)
    losses = pw.IntegerField(default=0)
    rounds_won = pw.IntegerField(default=0)
    rounds_lost = pw.IntegerField(default=0)
    points = pw.IntegerField(default=0)
    points_against = pw.IntegerField(default=0)
    gam_jeoms = pw.IntegerField(default=0)
    challenges = pw.IntegerField(default=0)
    challenges_granted = pw.IntegerField(default=0)
    hits = pw.IntegerField(default=0)
    punches = pw.IntegerField(default=0)
    body_kicks = pw.IntegerField(default=0)
    head_kicks = pw.IntegerField(default=0)
    technical_body_kicks = pw.IntegerField(default=0)
    technical_head_kicks = pw.IntegerField(default=0)
    comebacks = pw.IntegerField(default=0)
    fought_ms = pw.IntegerField(default=0)
    first_match_at = pw.TextField(null=True)
    last_match_at = pw.TextField(null=True)

    class Meta:
        table_name = "athlete_summaries"


class EventCount(Record):
    """How many messages of a kind a ring sent in a minute, UTC `YYYY-MM-DDTHH:MM`."""

    minute = pw.TextField()
    ring = pw.TextField()
    event_type = pw.ForeignKeyField(EventType, backref="+")
    events = pw.IntegerField()

    class Meta:
        table_name = "event_counts"
        primary_key = pw.CompositeKey("minute", "ring", "event_type")


class SearchProgress(Record):
    """Its one row: the text of events up to `through_event_id` can be searched."""

    through_event_id = pw.IntegerField()

    class Meta:
        table_name = "search_progress"
