"""What people decide about a ring's matches: checked, then journaled in one order with the datagrams; udp-ingest."""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from services.udp_ingest.recorder import Recorder
from services.udp_ingest.stream import Stream
from shared.errors import ValidationError
from shared.messages.decisions import CloseMatch, EditMatch, EnterMatch, Journaled, UndoEdit
from shared.messages.edits import Changes
from shared.messages.facts import AnyFact, CloseAsked, EditMade, EditTakenBack, MatchEntered

MOST_CHARACTERS: Final = {
    "author": 200,
    "reason": 200,
    "match_number": 32,
    "phase": 64,
    "weight_class": 64,
    "division": 64,
    "chong_name": 128,
    "hong_name": 128,
}
MOST_ROUNDS: Final = 10
LONGEST_ROUND_MS: Final = 3_600_000
_ID: Final = re.compile(r"[\w.-]{1,100}", re.ASCII)
_CODES: Final = {
    "chong_noc": (re.compile(r"[A-Z]{1,3}"), "must be a country code of up to three capital letters"),
    "hong_noc": (re.compile(r"[A-Z]{1,3}"), "must be a country code of up to three capital letters"),
    "decision": (re.compile(r"[A-Z]{2,4}"), "must be a code of two to four capital letters, such as PTF"),
}


class Decisions:
    """The commands by which people edit, enter and close matches. Each raises ValidationError for what cannot be, and
    answers when the decision is journaled, or kept in memory as long as the journal cannot be written.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def edit(self, command: EditMatch) -> Journaled:
        """Change something about a match."""
        stream = self._stream(command.ring)
        _check_id(command.ring, match_id=command.match_id)
        _check_why(command.author, command.reason)
        _check_changes(command.changes)
        fact = EditMade(
            match_id=command.match_id, author=command.author, reason=command.reason, changes=command.changes
        )
        return self._journal(stream, fact, makes=_id_of)

    def undo(self, command: UndoEdit) -> Journaled:
        """Take an edit back."""
        stream = self._stream(command.ring)
        _check_id(command.ring, match_id=command.match_id, edit_id=command.edit_id)
        _check_why(command.author, command.reason)
        fact = EditTakenBack(
            edit_id=command.edit_id, match_id=command.match_id, author=command.author, reason=command.reason
        )
        return self._journal(stream, fact)

    def enter(self, command: EnterMatch) -> Journaled:
        """Enter a match by hand."""
        stream = self._stream(command.ring)
        _check_why(command.author, command.reason)
        _check_changes(command.changes)
        _check_number("total_rounds", command.total_rounds, most=MOST_ROUNDS)
        _check_number("round_ms", command.round_ms, most=LONGEST_ROUND_MS)
        fact = MatchEntered(
            author=command.author,
            reason=command.reason,
            changes=command.changes,
            total_rounds=command.total_rounds,
            round_ms=command.round_ms,
        )
        return self._journal(stream, fact, makes=_id_of)

    def close(self, command: CloseMatch) -> Journaled:
        """End a match that has no result."""
        stream = self._stream(command.ring)
        _check_id(command.ring, match_id=command.match_id)
        _check_why(command.author, command.reason)
        return self._journal(
            stream, CloseAsked(match_id=command.match_id, author=command.author, reason=command.reason)
        )

    def _stream(self, ring: str) -> Stream:
        stream = self._recorder.streams.get(ring)
        if stream is None:
            known = ", ".join(self._recorder.streams)
            raise ValidationError("ring.unknown", f"There is no ring {ring}. There are: {known}.", value=ring)
        if not stream.session:
            raise ValidationError(
                "ring.never_listened", f"{ring} never listened, it has no matches yet: restrike udp start {ring}"
            )
        return stream

    def _journal(
        self, stream: Stream, fact: AnyFact, *, makes: Callable[[Stream, int], str] | None = None
    ) -> Journaled:
        stream.note(fact)
        entry = stream.last + len(stream.pending)
        made = makes(stream, entry) if makes else None
        self._recorder.record()
        return Journaled(ring=stream.ring, entry=entry, id=made)


def _id_of(stream: Stream, entry: int) -> str:
    """What pss-parser calls an edit or a match that this entry makes."""
    return f"{stream.ring}.{stream.session[:8]}.{entry}"


def _check_id(ring: str, **ids: str) -> None:
    for name, given in ids.items():
        if not _ID.fullmatch(given) or not given.startswith(f"{ring}."):
            raise _refusal(name, f"is none of {ring}: see restrike match list and restrike match edits", given)


def _check_why(author: str, reason: str) -> None:
    for name, text in (("author", author), ("reason", reason)):
        _check_text(name, text)


def _check_changes(changes: Changes) -> None:
    if not any(value is not None for value in (*changes.round_winners, *_named(changes).values())):
        raise ValidationError("edit.empty", "Nothing is changed: name at least one thing.")
    for name, value in _named(changes).items():
        if value is None:
            continue
        if name in _CODES:
            pattern, must = _CODES[name]
            if not pattern.fullmatch(value):
                raise _refusal(name, must, value)
        elif name == "winner":
            _check_winner(name, value)
        else:
            _check_text(name, value)
    if len(changes.round_winners) > MOST_ROUNDS:
        raise _refusal("round_winners", f"has more than {MOST_ROUNDS} rounds", len(changes.round_winners))
    for winner in changes.round_winners:
        _check_winner("round_winners", winner)


def _named(changes: Changes) -> dict[str, Any]:
    fields = msgspec.structs.asdict(changes)
    del fields["round_winners"]
    return fields


def _check_text(name: str, text: str) -> None:
    most = MOST_CHARACTERS[name]
    if not text.strip():
        raise _refusal(name, "must not be empty", None)
    if len(text) > most or not text.isprintable():
        raise _refusal(name, f"must be at most {most} characters on one line", text[: most + 1])


def _check_winner(name: str, winner: int | None) -> None:
    if winner not in (None, 0, 1, 2):
        raise _refusal(name, "must be 1 (chong), 2 (hong) or 0 (nobody)", winner)


def _check_number(name: str, number: int | None, *, most: int) -> None:
    if number is not None and not 1 <= number <= most:
        raise _refusal(name, f"must be from 1 to {most}", number)


def _refusal(name: str, must: str, value: object) -> ValidationError:
    return ValidationError("edit.invalid", f"{name} {must}.", value=value)
