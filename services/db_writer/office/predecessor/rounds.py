"""Old rounds, scores and warnings: what is there is taken, nothing is made up where the tables are empty."""

from typing import Final

from msgspec.structs import replace

from services.db_writer.office.predecessor.items import MarkItem, RoundItem
from services.db_writer.office.predecessor.old_file import Fields, text, whole
from services.db_writer.office.predecessor.order import Order
from services.db_writer.office.predecessor.times import text_of, text_or_none

ROUNDS: Final = "pss_rounds"
SCORES: Final = "pss_scores"
WARNINGS: Final = "pss_warnings"
MOST_ROUNDS: Final = 99
"""A higher number is none of a round."""
_ROUND_FIELDS: Final[Fields] = {
    "match": ("match_id",),
    "number": ("round_number",),
    "start": ("start_time",),
    "end": ("end_time",),
    "duration": ("duration",),
    "winner": ("winner_athlete_position", "winner"),
    "made": ("created_at",),
    "changed": ("updated_at",),
}
_MARKS: Final[dict[str, Fields]] = {
    table: {
        "match": ("match_id",),
        "round": ("round_id",),
        "position": ("athlete_position",),
        "kind": (kind,),
        "value": (value,),
        "at": ("timestamp",),
    }
    for table, kind, value in ((SCORES, "score_type", "score_value"), (WARNINGS, "warning_type", "warning_count"))
}
Rounds = dict[int, tuple[str, int]]
"""Match and number by old id."""


def add_rounds(order: Order, matches: dict[int, str]) -> Rounds:
    """Add the rounds to the plan; rows of one round become one."""
    report, counts = order.report, order.report.table(ROUNDS)
    rounds: Rounds = {}
    items: dict[tuple[str, int], RoundItem] = {}
    for row in order.old.rows(ROUNDS, _ROUND_FIELDS):
        counts.read += 1
        match, number, shown = matches.get(row["match"]), whole(row["number"]), f"id {row['id']}, match {row['match']}"
        if match is None:
            report.drop(ROUNDS, "unlinked: its match is not there", shown)
            continue
        if number is None or not 0 < number <= MOST_ROUNDS:
            report.drop(ROUNDS, "its number is none of a round", f"{shown}: {row['number']}")
            continue
        rounds[row["id"]] = (match, number)
        winner = whole(row["winner"])
        item = RoundItem(
            match=match,
            number=number,
            start=text_or_none(order.moment(ROUNDS, row["start"], ("start_time",))),
            end=text_or_none(order.moment(ROUNDS, row["end"], ("end_time",))),
            duration=whole(row["duration"]),
            winner=winner if winner in (1, 2) else None,
        )
        known = items.get((match, number))
        if known is None:
            counts.imported += 1
            items[match, number] = item
        else:
            report.merge(ROUNDS, "the same round of a match that was loaded again", shown)
            items[match, number] = _both(known, item)
    for item in items.values():
        order.plan.add(item)
    return rounds


def add_marks(order: Order, matches: dict[int, str], rounds: Rounds) -> None:
    """Add scores and warnings to the plan."""
    for table, fields in _MARKS.items():
        counts = order.report.table(table)
        for row in order.old.rows(table, fields):
            counts.read += 1
            match, position, shown = matches.get(row["match"]), whole(row["position"]), f"id {row['id']}"
            at = order.moment(table, row["at"], ("timestamp",))
            kind, value = text(row["kind"]), whole(row["value"])
            if match is None:
                order.report.drop(table, "unlinked: its match is not there", f"{shown}, match {row['match']}")
            elif position not in (1, 2) or at is None or kind is None or value is None:
                order.report.drop(table, "its side, kind, value or time cannot be read", shown)
            else:
                of, number = rounds.get(row["round"], (None, None))
                if row["round"] is not None and of != match:
                    order.report.tell(table, "its round is not there or of another match: without", shown)
                    number = None
                counts.imported += 1
                order.plan.add(
                    MarkItem(
                        is_warning=table == WARNINGS,
                        match=match,
                        round=number,
                        position=position,
                        kind=kind,
                        value=value,
                        at=text_of(at),
                    )
                )


def _both(first: RoundItem, second: RoundItem) -> RoundItem:
    """A round of two rows: what the later one says, and what only the earlier one does."""
    names = ("start", "end", "duration", "winner")
    said = {name: value for name in names if (value := getattr(second, name)) is not None}
    return replace(first, **said)
