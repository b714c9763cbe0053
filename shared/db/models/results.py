"""Models of results, edits, reviews, injuries, stages, rule sets and unknown streams (migration 006).

Athletes and winners are 1 chong, 2 hong, 0 nobody (a tie; a referee's own review); `clock_ms` is the round's clock.
"""

import peewee as pw

from shared.db.models.pss import Match
from shared.db.models.record import EditedRecord, Record
from shared.db.models.udp import UdpServerSession


class MatchResult(EditedRecord):
    """A match's result: the one in force, what was declared, what the rules give; `doubts` is a JSON list.

    `judged` is what was in force before anybody edited it (JSON), NULL where that was never judged.
    """

    match = pw.ForeignKeyField(Match, unique=True, backref="+")
    standing = pw.TextField()
    winner = pw.IntegerField(null=True)
    decision = pw.TextField(null=True)
    declared_winner = pw.IntegerField(null=True)
    declared_decision = pw.TextField(null=True)
    declared_name = pw.TextField(null=True)
    declared_rounds_chong = pw.IntegerField(null=True)
    declared_rounds_hong = pw.IntegerField(null=True)
    derived_winner = pw.IntegerField(null=True)
    method = pw.TextField(null=True)
    rounds_won_chong = pw.IntegerField(default=0)
    rounds_won_hong = pw.IntegerField(default=0)
    rule_set = pw.TextField(null=True)
    doubts = pw.TextField(null=True)
    judged = pw.TextField(null=True)
    assessed_at = pw.TextField()

    class Meta:
        table_name = "match_results"


class RoundResult(EditedRecord):
    """A round's result with what scored in it; NULL where what arrived does not say it. `judged` as in MatchResult."""

    match = pw.ForeignKeyField(Match, backref="+")
    round_number = pw.IntegerField()
    standing = pw.TextField()
    score_chong = pw.IntegerField(null=True)
    score_hong = pw.IntegerField(null=True)
    gam_jeoms_chong = pw.IntegerField(null=True)
    gam_jeoms_hong = pw.IntegerField(null=True)
    chong_punches = pw.IntegerField(null=True)
    chong_body_kicks = pw.IntegerField(null=True)
    chong_head_kicks = pw.IntegerField(null=True)
    chong_technical_body_kicks = pw.IntegerField(null=True)
    chong_technical_head_kicks = pw.IntegerField(null=True)
    hong_punches = pw.IntegerField(null=True)
    hong_body_kicks = pw.IntegerField(null=True)
    hong_head_kicks = pw.IntegerField(null=True)
    hong_technical_body_kicks = pw.IntegerField(null=True)
    hong_technical_head_kicks = pw.IntegerField(null=True)
    winner = pw.IntegerField(null=True)
    declared_winner = pw.IntegerField(null=True)
    derived_winner = pw.IntegerField(null=True)
    method = pw.TextField(null=True)
    fought_ms = pw.IntegerField(null=True)
    is_golden = pw.BooleanField(default=False)
    doubts = pw.TextField(null=True)
    judged = pw.TextField(null=True)
    assessed_at = pw.TextField()

    class Meta:
        table_name = "round_results"


class Challenge(EditedRecord):
    """A video review from its request to its outcome; `entry` is the journal entry of the request."""

    match = pw.ForeignKeyField(Match, backref="+")
    number = pw.IntegerField()
    athlete_position = pw.IntegerField()
    status = pw.TextField()
    round_number = pw.IntegerField(null=True)
    clock_ms = pw.IntegerField(null=True)
    requested_at = pw.TextField()
    decided_at = pw.TextField(null=True)
    ended_at = pw.TextField(null=True)
    end_reason = pw.TextField(null=True)
    entry = pw.IntegerField()
    replay_clip = pw.TextField(null=True)

    class Meta:
        table_name = "challenges"


class Injury(EditedRecord):
    """An injury time or a para timeout; `left_ms` is what its clock showed last."""

    match = pw.ForeignKeyField(Match, backref="+")
    number = pw.IntegerField()
    kind = pw.TextField()
    athlete_position = pw.IntegerField()
    round_number = pw.IntegerField(null=True)
    clock_ms = pw.IntegerField(null=True)
    left_ms = pw.IntegerField(null=True)
    began_at = pw.TextField()
    ended_at = pw.TextField(null=True)
    end_reason = pw.TextField(null=True)
    entry = pw.IntegerField()

    class Meta:
        table_name = "injuries"


class Correction(Record):
    """What an operator of the scoring system corrected."""

    ring = pw.TextField()
    session = pw.ForeignKeyField(UdpServerSession, backref="+")
    match = pw.ForeignKeyField(Match, null=True, backref="+")
    entry = pw.IntegerField()
    entry_index = pw.IntegerField()
    round_number = pw.IntegerField(null=True)
    what = pw.TextField()
    athlete_position = pw.IntegerField(null=True)
    value_before = pw.IntegerField(null=True)
    value_after = pw.IntegerField(null=True)
    clock_ms = pw.IntegerField(null=True)
    made_at = pw.TextField()

    class Meta:
        table_name = "corrections"


class MatchStage(Record):
    """A match went on to `stage`; `before_ms` is how long the ring was in the stage before."""

    ring = pw.TextField()
    session = pw.ForeignKeyField(UdpServerSession, backref="+")
    match = pw.ForeignKeyField(Match, null=True, backref="+")
    entry = pw.IntegerField()
    entry_index = pw.IntegerField()
    stage = pw.TextField()
    since = pw.TextField()
    stage_before = pw.TextField(null=True)
    before_ms = pw.IntegerField(null=True)

    class Meta:
        table_name = "match_stages"


class MatchEdit(EditedRecord):
    """What a person changed (`changes`, JSON) and, once taken back, by whom and why; no match: none of that key."""

    edit_id = pw.TextField(unique=True)
    match = pw.ForeignKeyField(Match, null=True, backref="+")
    match_key = pw.TextField()
    ring = pw.TextField()
    entry = pw.IntegerField()
    author = pw.TextField()
    reason = pw.TextField()
    changes = pw.TextField()
    made_at = pw.TextField()
    undone_at = pw.TextField(null=True)
    undone_by = pw.TextField(null=True)
    undo_reason = pw.TextField(null=True)

    class Meta:
        table_name = "match_edits"


class StoredRuleSet(Record):
    """A rule set as it was when a ring was judged by it; `definition` is all of it, JSON."""

    name = pw.TextField()
    version = pw.IntegerField()
    title = pw.TextField()
    effective_from = pw.TextField()
    is_confirmed = pw.BooleanField()
    definition = pw.TextField()

    class Meta:
        table_name = "rule_sets"


class RingInterpretation(Record):
    """From `entry` on a ring was read and judged like this; no dialect: detected."""

    ring = pw.TextField()
    session = pw.ForeignKeyField(UdpServerSession, backref="+")
    entry = pw.IntegerField()
    rule_set = pw.ForeignKeyField(StoredRuleSet, backref="+")
    dialect = pw.TextField(null=True)
    strictness = pw.TextField()
    encodings = pw.TextField()
    chosen_at = pw.TextField()

    class Meta:
        table_name = "ring_interpretations"


class UnknownStream(EditedRecord):
    """A stream that no version knows, with its first message."""

    ring = pw.TextField()
    stream = pw.TextField()
    message_count = pw.IntegerField()
    first_seen = pw.TextField()
    last_seen = pw.TextField()
    sample_raw = pw.TextField()

    class Meta:
        table_name = "unknown_streams"
