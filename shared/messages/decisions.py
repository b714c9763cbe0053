"""What people decide about matches: commands to udp-ingest, which journals them where datagrams enter."""

from msgspec import Struct

from shared.messages.edits import Changes
from shared.messages.requests import Command
from shared.messages.service import INGEST


class Journaled(Struct, frozen=True, kw_only=True):
    """Where in the ring's journal it stands; `id` is that of the edit or the match that it made, if it made one."""

    ring: str
    entry: int
    id: str | None = None


class EditMatch(Command[Journaled], frozen=True, kw_only=True):
    """Change something about a match of this ring; what was sent stays beneath it. `author` and `reason` are kept."""

    name = "edit_match"
    service = INGEST
    reply = Journaled
    ring: str
    match_id: str
    author: str
    reason: str
    changes: Changes


class UndoEdit(Command[Journaled], frozen=True, kw_only=True):
    """Take an edit of a match back."""

    name = "undo_edit"
    service = INGEST
    reply = Journaled
    ring: str
    match_id: str
    edit_id: str
    author: str
    reason: str


class EnterMatch(Command[Journaled], frozen=True, kw_only=True):
    """Enter a match by hand: it is the ring's match from now on, until another is loaded."""

    name = "enter_match"
    service = INGEST
    reply = Journaled
    ring: str
    author: str
    reason: str
    changes: Changes
    total_rounds: int | None = None
    round_ms: int | None = None


class CloseMatch(Command[Journaled], frozen=True, kw_only=True):
    """End a match that has no result; if it is the one that is loaded, the ring has none then."""

    name = "close_match"
    service = INGEST
    reply = Journaled
    ring: str
    match_id: str
    author: str
    reason: str
