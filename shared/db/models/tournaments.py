"""Models of tournaments, their days and what is drawn for them (migration 007)."""

import peewee as pw

from shared.db.models.record import EditedRecord


class Tournament(EditedRecord):
    """A tournament; `starts_on` and `ends_on` are dates where it takes place, `time_zone` an IANA name.

    One at most `is_active`: its active day gets the matches that are loaded.
    """

    name = pw.TextField(unique=True)
    location = pw.TextField(null=True)
    country_code = pw.TextField(null=True)
    starts_on = pw.TextField()
    ends_on = pw.TextField()
    time_zone = pw.TextField()
    rule_set = pw.TextField(null=True)
    logo = pw.BlobField(null=True)
    logo_type = pw.TextField(null=True)
    status = pw.TextField(default="planned")
    is_active = pw.BooleanField(default=False)

    class Meta:
        table_name = "tournaments"


class TournamentDay(EditedRecord):
    """A day of a tournament, numbered from 1; `date` is the one where it takes place."""

    tournament = pw.ForeignKeyField(Tournament, backref="+")
    day_number = pw.IntegerField()
    date = pw.TextField()
    title = pw.TextField(null=True)
    status = pw.TextField(default="planned")
    is_active = pw.BooleanField(default=False)

    class Meta:
        table_name = "tournament_days"


class PlannedMatch(EditedRecord):
    """A match as it was drawn; `match` once a match of its number was loaded on its day."""

    tournament_day = pw.ForeignKeyField(TournamentDay, backref="+")
    match_number = pw.TextField()
    ring = pw.TextField(null=True)
    scheduled_at = pw.TextField(null=True)
    phase = pw.TextField(null=True)
    category = pw.TextField(null=True)
    weight_class = pw.TextField(null=True)
    division = pw.TextField(null=True)
    chong_athlete = pw.DeferredForeignKey("Athlete", null=True, backref="+")
    hong_athlete = pw.DeferredForeignKey("Athlete", null=True, backref="+")
    match = pw.DeferredForeignKey("Match", null=True, backref="+")

    class Meta:
        table_name = "planned_matches"
