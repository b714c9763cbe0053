"""Models of matches, athletes, events and findings (migrations 004 to 008)."""

import peewee as pw

from shared.db.models.flags import Flag
from shared.db.models.record import EditedRecord, Record
from shared.db.models.tournaments import TournamentDay
from shared.db.models.udp import UdpServerSession


class EventType(EditedRecord):
    """A kind of message of the PSS protocol."""

    event_code = pw.TextField(unique=True)
    event_name = pw.TextField()
    description = pw.TextField(null=True)
    category = pw.TextField()
    is_active = pw.BooleanField(null=True, default=True)

    class Meta:
        table_name = "pss_event_types"


class Match(EditedRecord):
    """A bout; `match_id` is our own key, made of the ring and the journal entry of its first load.

    `status` is open, decided (by the scoring system) or closed (by a person, without a result).
    """

    match_id = pw.TextField(unique=True)
    match_number = pw.TextField(null=True)
    category = pw.TextField(null=True)
    weight_class = pw.TextField(null=True)
    division = pw.TextField(null=True)
    total_rounds = pw.IntegerField(null=True)
    round_duration = pw.IntegerField(null=True)
    countdown_type = pw.TextField(null=True)
    format_type = pw.TextField(null=True)
    creation_mode = pw.TextField(null=True)
    ring = pw.TextField(default="")
    first_loaded_at = pw.TextField(null=True)
    last_loaded_at = pw.TextField(null=True)
    load_count = pw.IntegerField(default=1)
    status = pw.TextField(default="open")
    closed_at = pw.TextField(null=True)
    closed_by = pw.TextField(null=True)
    close_reason = pw.TextField(null=True)
    tournament_day = pw.ForeignKeyField(TournamentDay, null=True, backref="+")

    class Meta:
        table_name = "pss_matches"


class Athlete(EditedRecord):
    """A person; `athlete_code` is derived from the casefolded long name and the NOC."""

    athlete_code = pw.TextField(unique=True)
    short_name = pw.TextField()
    long_name = pw.TextField(null=True)
    country_code = pw.TextField(null=True)
    flag = pw.ForeignKeyField(Flag, null=True, backref="+")

    class Meta:
        table_name = "pss_athletes"


class MatchAthlete(EditedRecord):
    """Who fights in a match at position 1 or 2, and in which colours; `shown_*` is the name as sent, maybe cut."""

    match = pw.ForeignKeyField(Match, null=True, backref="+")
    athlete = pw.ForeignKeyField(Athlete, null=True, backref="+")
    athlete_position = pw.IntegerField()
    bg_color = pw.TextField(null=True)
    fg_color = pw.TextField(null=True)
    shown_short_name = pw.TextField(null=True)
    shown_long_name = pw.TextField(null=True)
    shown_noc = pw.TextField(null=True)

    class Meta:
        table_name = "pss_match_athletes"


class Round(EditedRecord):
    """A round of a match; `duration` in seconds."""

    match = pw.ForeignKeyField(Match, null=True, backref="+")
    round_number = pw.IntegerField()
    start_time = pw.TextField(null=True)
    end_time = pw.TextField(null=True)
    duration = pw.IntegerField(null=True)
    winner_athlete_position = pw.IntegerField(null=True)

    class Meta:
        table_name = "pss_rounds"


class Event(Record):
    """A message; `event_sequence` is its datagram's journal entry, `event_index` its place in the datagram.

    `clock_ms` is what the round's clock showed last before it.
    """

    session = pw.ForeignKeyField(UdpServerSession, backref="+")
    match = pw.ForeignKeyField(Match, null=True, backref="+")
    round = pw.ForeignKeyField(Round, null=True, backref="+")
    event_type = pw.ForeignKeyField(EventType, backref="+")
    timestamp = pw.TextField()
    raw_data = pw.TextField()
    parsed_data = pw.TextField(null=True)
    event_sequence = pw.IntegerField()
    event_index = pw.IntegerField(default=0)
    processing_time_ms = pw.FloatField(null=True)
    is_valid = pw.BooleanField(default=True)
    error_message = pw.TextField(null=True)
    recognition_status = pw.TextField(default="recognized")
    clock_ms = pw.IntegerField(null=True)

    class Meta:
        table_name = "pss_events_v2"


class EventDetail(Record):
    """One field of a decoded message."""

    event = pw.ForeignKeyField(Event, null=True, backref="+")
    detail_key = pw.TextField()
    detail_value = pw.TextField(null=True)
    detail_type = pw.TextField()

    class Meta:
        table_name = "pss_event_details"


class Score(Record):
    """Points as the scoring system sent them."""

    match = pw.ForeignKeyField(Match, null=True, backref="+")
    round = pw.ForeignKeyField(Round, null=True, backref="+")
    athlete_position = pw.IntegerField()
    score_type = pw.TextField()
    score_value = pw.IntegerField()
    timestamp = pw.TextField()

    class Meta:
        table_name = "pss_scores"


class MatchWarning(Record):
    """Gam-jeoms as the scoring system counted them."""

    match = pw.ForeignKeyField(Match, null=True, backref="+")
    round = pw.ForeignKeyField(Round, null=True, backref="+")
    athlete_position = pw.IntegerField()
    warning_type = pw.TextField()
    warning_count = pw.IntegerField()
    timestamp = pw.TextField()

    class Meta:
        table_name = "pss_warnings"


class Finding(Record):
    """What a rule has to say about a message; `evidence` is JSON."""

    ring = pw.TextField()
    session = pw.ForeignKeyField(UdpServerSession, null=True, backref="+")
    match = pw.ForeignKeyField(Match, null=True, backref="+")
    entry = pw.IntegerField()
    entry_index = pw.IntegerField(default=0)
    severity = pw.TextField()
    rule = pw.TextField()
    explanation = pw.TextField()
    evidence = pw.TextField(null=True)
    found_at = pw.TextField()

    class Meta:
        table_name = "findings"
