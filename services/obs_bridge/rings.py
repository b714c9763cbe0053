"""The rings as obs-bridge follows them: where it is in each ring's stream, the match as it stands, and what happened.

Whether something was missed is seen from the entry numbers and sessions alone, as db-writer does it. After a gap the
past is asked for page by page, so that nothing is missing in a recording's list of events; at a start only where
something was under way when the process before this one ended, otherwise the match as it stands will do.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import structlog
from msgspec import Struct

from services.obs_bridge import kept_state
from services.obs_bridge.entry_lines import write_entries
from shared.automation.happenings import Follower, Happened
from shared.automation.match_view import MatchView, Venue, view_of
from shared.clock import monotonic_s
from shared.errors import NetworkError
from shared.log.handled import HANDLED
from shared.messages.commands import GetMatchState, ReplayEvents
from shared.messages.service import Position
from shared.messages.wire import ParsedEntries
from shared.rpc import RefusedError

KEY: Final = "ring/"
"""Under which keys of the outbox the rings are kept."""
ASK_S: Final = 1.0
"""How long pss-parser may take for a page (milliseconds, mostly); while it is waited for, the loop stands still."""
RETRY_S: Final = 3.0
"""So that a pss-parser that hangs holds the loop up for a quarter of the time at most, however many rings there are."""
PAGE: Final = 500

Ask = Callable[..., Any]
Take = Callable[[Happened], None]
_encode = msgspec.msgpack.Encoder().encode


class Kept(Struct, frozen=True):
    """A ring as it is kept: how far its events are accounted for, and its match there."""

    at: Position
    view: MatchView


class Ring:
    """One ring. `at` is how far its events were taken."""

    def __init__(self, name: str, follower: Follower, at: Position | None) -> None:
        self.name = name
        self.follower = follower
        self.at = at
        self.is_behind = True

    @property
    def view(self) -> MatchView:
        """The ring's match as it stands."""
        return self.follower.view


class Rings:
    """All rings. `ask` asks pss-parser (Client.call); `took` is called with everything that happens, old or new, in the
    order of the journal; `stands` with a ring's match each time that nothing of it is missing any more; `needs_past`
    says of a ring whether what was missed while we did not run matters.
    """

    def __init__(  # noqa: PLR0913 - whom it asks, what it keeps, and whom it tells
        self,
        ask: Ask,
        *,
        kept: dict[str, bytes],
        venue_of: Callable[[], Venue],
        took: Take,
        needs_past: Callable[[str], bool],
        stands: Callable[[MatchView], None] = lambda _: None,
        log: structlog.stdlib.BoundLogger,
        entry_log: structlog.stdlib.BoundLogger | None = None,
    ) -> None:
        self._ask = ask
        self._venue_of = venue_of
        self._took = took
        self._needs_past = needs_past
        self._stands = stands
        self._log = log
        self._entry_log = entry_log or log
        self._rings: dict[str, Ring] = {}
        self._retry_at_s = 0.0
        found = {key: kept_state.read_again(value, Kept, key=key, log=log) for key, value in kept.items()}
        self._kept = {key.removeprefix(KEY): ring for key, ring in found.items() if ring is not None}

    def __iter__(self) -> Iterator[Ring]:
        """The rings that were heard of."""
        return iter(self._rings.values())

    def view(self, ring: str) -> MatchView:
        """A ring's match as it stands."""
        found = self._rings.get(ring)
        return found.view if found is not None else MatchView(ring=ring)

    def take(self, batch: ParsedEntries) -> None:
        """Take a live batch, or note that its ring is behind."""
        ring = self._rings.get(batch.ring) or self._met(batch)
        if ring.is_behind or ring.at is None:
            return
        at = ring.at
        if at.journal_id == batch.journal_id and batch.first == at.entry + 1 and batch.previous_session == at.session:
            self._follow(ring, batch)
        elif batch.last > at.entry or (batch.journal_id, batch.session) != (at.journal_id, at.session):
            ring.is_behind = True

    def catch_up(self) -> bool:
        """Take one page of what each ring that is behind missed; whether there is more to do at once."""
        more = False
        for ring in self._rings.values():
            if ring.is_behind and monotonic_s() >= self._retry_at_s:
                before = ring.at
                try:
                    self._page(ring)
                except (NetworkError, RefusedError) as error:
                    self._retry_at_s = monotonic_s() + RETRY_S
                    self._log.info("parser_not_answering", ring=ring.name, reason=str(error))
                    return False
                more = more or (ring.is_behind and ring.at != before)
        return more

    def to_keep(self, ring: str) -> dict[str, bytes]:
        """What to keep of a ring with what is stored now."""
        found = self._rings.get(ring)
        if found is None or found.at is None:
            return {}
        return {KEY + ring: _encode(Kept(found.at, found.view))}

    def _met(self, batch: ParsedEntries) -> Ring:
        kept = self._kept.get(batch.ring)
        if kept is not None and kept.at.journal_id == batch.journal_id and self._needs_past(batch.ring):
            ring = Ring(batch.ring, Follower(kept.view, self._venue_of), kept.at)
            if (batch.first, batch.previous_session) == (kept.at.entry + 1, kept.at.session):
                self._is_current(ring)
        else:
            ring = Ring(batch.ring, Follower(MatchView(ring=batch.ring), self._venue_of), None)
        self._rings[batch.ring] = ring
        return ring

    def _page(self, ring: Ring) -> None:
        if ring.at is None:
            self._join(ring)
            return
        at = ring.at
        command = ReplayEvents(ring=ring.name, journal_id=at.journal_id, after_entry=at.entry, limit=PAGE)
        page = self._ask(command, deadline_s=ASK_S)
        if page.journal_id != at.journal_id or (at.entry and page.session_at_after != at.session):
            ring.at = None  # another journal, or one that was put back: begin with the match as it stands
            return
        for batch in page.batches:
            self._follow(ring, batch)
        if ring.at.entry >= page.end and not page.warming_up:
            self._is_current(ring)

    def _join(self, ring: Ring) -> None:
        """Begin with the match as it stands; what led to it is over."""
        state = self._ask(GetMatchState(ring=ring.name), deadline_s=ASK_S)
        page = self._ask(
            ReplayEvents(ring=ring.name, journal_id=state.journal_id, after_entry=state.entry, limit=1),
            deadline_s=ASK_S,
        )
        if page.journal_id != state.journal_id or page.session_at_after is None:
            if state.entry:
                raise NetworkError("parser.not_there_yet", "pss-parser does not know this place of the journal yet.")
            session = ""
        else:
            session = page.session_at_after
        ring.follower = Follower(view_of(state, self._venue_of()), self._venue_of)
        ring.at = Position(state.journal_id, session, state.entry)

    def _is_current(self, ring: Ring) -> None:
        ring.is_behind = False
        self._stands(ring.view)

    def _follow(self, ring: Ring, batch: ParsedEntries) -> None:
        ring.at = Position(batch.journal_id, batch.session, batch.last)
        HANDLED.ring, HANDLED.match_of = batch.ring, lambda: ring.view.match_id
        told: dict[int, list[str]] = {}
        for happened in ring.follower.take(batch):
            HANDLED.entry = happened.entry
            told.setdefault(happened.entry, []).append(happened.what)
            self._took(happened)
        HANDLED.entry = None
        write_entries(self._entry_log, batch, told)
