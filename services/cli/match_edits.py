"""`restrike match edit`, `undo`, `new`, `close`, `edits`: what people decide about matches. Needs udp-ingest, which
journals it; nothing that a scoring system sent is overwritten.
"""

from typing import TYPE_CHECKING, Final

import msgspec
import typer

from services.cli import edit_options as options
from services.cli import output
from services.cli.author import Author, author_of
from services.cli.edit_options import WINNERS
from services.cli.meant_match import Meant, meant_match, shown_states
from shared.errors import ValidationError
from shared.messages.decisions import CloseMatch, EditMatch, EnterMatch, Journaled, UndoEdit
from shared.messages.edits import Changes
from shared.paths import Paths
from shared.rpc import Client

if TYPE_CHECKING:
    from services.cli.stored_edits import StoredEdit

COLUMNS: Final = ("edit", "match", "changes", "by", "at", "reason", "undone")
_SIDES: Final = {number: word for word, number in WINNERS.items()}
_MS_PER_S: Final = 1000


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog='Example: restrike match edit ring-1 --winner chong --decision PTF --reason "video review"')(
        edit
    )
    app.command(epilog='Example: restrike match undo ring-1.1f2e3d4c.812 --reason "wrong match"')(undo)
    app.command(epilog='Example: restrike match new ring-1 --number 101 --reason "no scoring system"')(new)
    app.command(epilog='Example: restrike match close ring-1 --reason "abandoned"')(close)
    app.command(epilog="Example: restrike match edits ring-1")(edits)


def edit(  # noqa: PLR0913  # a command has as many arguments as options
    match: options.MatchOrRing,
    *,
    reason: options.Reason,
    winner: options.Winner = None,
    round_winner: options.RoundWinners = None,
    decision: options.Decision = None,
    number: options.Number = None,
    phase: options.Phase = None,
    weight: options.Weight = None,
    division: options.Division = None,
    chong: options.Chong = None,
    chong_noc: options.ChongNoc = None,
    hong: options.Hong = None,
    hong_noc: options.HongNoc = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Change something about a match.

    What the scoring system sent stays beneath it, and the edit can be undone.
    """
    about = {"match_number": number, "phase": phase, "weight_class": weight, "division": division}
    athletes = {"chong_name": chong, "chong_noc": chong_noc, "hong_name": hong, "hong_noc": hong_noc}
    result = {
        "round_winners": options.round_winners_of(round_winner or []),
        "winner": None if winner is None else options.winner_of(winner, option="--winner"),
        "decision": decision,
    }
    changes = msgspec.convert({**about, **athletes, **result}, Changes)
    paths = Paths.from_environment()
    meant = meant_match(paths, match)
    _check_rounds(changes, meant)
    match_id = meant.match_id
    command = EditMatch(ring=meant.ring, match_id=match_id, author=author_of(author), reason=reason, changes=changes)
    done = Client(paths).call(command)
    then = f"To undo it: restrike match undo {done.id}"
    _tell(done, match_id, f"Edited {match_id}: {_shown(changes)}.", then, json=json)


def undo(edit_id: options.EditId, *, reason: options.Reason, author: Author = None, json: output.Json = False) -> None:
    """Take an edit back."""
    paths = Paths.from_environment()
    ring, match_id = _edited(paths, edit_id)
    command = UndoEdit(ring=ring, match_id=match_id, edit_id=edit_id, author=author_of(author), reason=reason)
    _tell(Client(paths).call(command), match_id, f"Took {edit_id} of {match_id} back.", None, json=json)


def new(  # noqa: PLR0913  # a command has as many arguments as options
    ring: options.RingName,
    *,
    reason: options.Reason,
    number: options.Number = None,
    phase: options.Phase = None,
    weight: options.Weight = None,
    division: options.Division = None,
    chong: options.Chong = None,
    chong_noc: options.ChongNoc = None,
    hong: options.Hong = None,
    hong_noc: options.HongNoc = None,
    rounds: options.Rounds = None,
    round_s: options.RoundSeconds = None,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """Enter a match by hand.

    It is the ring's match until another is loaded.
    """
    about = {"match_number": number, "phase": phase, "weight_class": weight, "division": division}
    athletes = {"chong_name": chong, "chong_noc": chong_noc, "hong_name": hong, "hong_noc": hong_noc}
    command = EnterMatch(
        ring=ring,
        author=author_of(author),
        reason=reason,
        changes=msgspec.convert({**about, **athletes}, Changes),
        total_rounds=rounds,
        round_ms=None if round_s is None else round_s * _MS_PER_S,
    )
    done = Client(Paths.from_environment()).call(command)
    then = f"To end it without a result: restrike match close {done.id}"
    _tell(done, done.id, f"Entered {done.id} on {ring}.", then, json=json)


def close(
    match: options.MatchOrRing,
    *,
    reason: options.Reason,
    author: Author = None,
    json: output.Json = False,
) -> None:
    """End a match that has no result."""
    paths = Paths.from_environment()
    meant = meant_match(paths, match)
    if meant.is_decided:
        result = f"{_SIDES.get(meant.winner, '?') if meant.winner is not None else '?'}, {meant.decision or '?'}"
        sentence = f"{meant.match_id} has a result ({result}); correct it with: restrike match edit {meant.match_id}"
        raise ValidationError("match.decided", sentence)
    command = CloseMatch(ring=meant.ring, match_id=meant.match_id, author=author_of(author), reason=reason)
    _tell(Client(paths).call(command), meant.match_id, f"Closed {meant.match_id}.", None, json=json)


def edits(match: options.Listed = None, *, json: output.Json = False) -> None:
    """List what people edited, the latest first; the suite need not run."""
    from services.cli.stored_edits import edits_of  # noqa: PLC0415  # loads SQLite, only here

    found = edits_of(Paths.from_environment().database, match_or_ring=match)
    if json:
        output.document({"edits": found})
    elif not found:
        output.line("Nothing was edited.")
    else:
        output.line(output.table(COLUMNS, [_row(one) for one in found]))


def _check_rounds(changes: Changes, meant: Meant) -> None:
    """Refuse a winner of a round that the match cannot have: after its rounds may come a golden one."""
    last = len(changes.round_winners)
    if meant.total_rounds is not None and last > meant.total_rounds + 1:
        sentence = f"{meant.match_id} has {meant.total_rounds} rounds, so there is no round {last}."
        raise ValidationError("edit.no_such_round", sentence)


def _edited(paths: Paths, edit_id: str) -> tuple[str, str]:
    """Ring and match of an edit that still holds."""
    from services.cli.stored_edits import find_edit  # noqa: PLC0415  # loads SQLite, only here

    stored = find_edit(paths.database, edit_id)
    if stored is not None:
        if stored.undone_at is not None:
            raise ValidationError("edit.undone", f"{edit_id} was taken back by {stored.undone_by} already.")
        return stored.ring, stored.match_id
    for state in shown_states(paths):
        for made in state.edits:
            if made.edit_id == edit_id:
                return state.ring, made.match_id
    raise ValidationError("edit.unknown", f"There is no edit {edit_id}. See restrike match edits.", value=edit_id)


def _tell(done: Journaled, match_id: str | None, sentence: str, then: str | None, *, json: bool) -> None:
    if json:
        output.document({"ring": done.ring, "match_id": match_id, "entry": done.entry, "id": done.id})
        return
    output.line(sentence)
    if then is not None:
        output.line(f'{then} --reason "…"')


def _shown(changes: Changes) -> str:
    fields = msgspec.structs.asdict(changes)
    rounds = fields.pop("round_winners")
    words = [f"round {n} {_SIDES[winner]}" for n, winner in enumerate(rounds, 1) if winner is not None]
    for name, value in fields.items():
        if value is not None:
            words.append(f"{name.replace('_', ' ')} {_SIDES[value] if name == 'winner' else value}")
    return ", ".join(words) or "nothing"


def _row(edit: "StoredEdit") -> tuple[object, ...]:
    undone = None
    if edit.undone_at is not None:
        undone = f"{output.local_date_time(edit.undone_at)} by {edit.undone_by}: {edit.undo_reason}"
    made = output.local_date_time(edit.made_at)
    return (edit.edit_id, edit.match_id, _shown(edit.changes), edit.author, made, edit.reason, undone)
