"""Follows a ring's journal: what it receives from now on, one match, or what it received; for `restrike udp capture`.

It asks udp-ingest (pss-parser for a match) again and again, and joins no stream: it needs no rights, misses nothing,
keeps the order, and one that is stopped or slow holds up nobody.
"""

import signal
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from services.cli.journal_pages import PAGE, entries, entry_before, numbered, pages_of
from services.cli.one_match import OneMatch
from shared.clock import monotonic_s, unix_ns, wait_s
from shared.errors import NetworkError
from shared.messages.commands import GetRings, ListMatchStates, ReplayEntries, ReplayEvents
from shared.messages.match import Stage, StageChanged
from shared.messages.wire import Entry, ParsedEntries, ParsedEntry
from shared.paths import Paths
from shared.rpc import Client

POLL_S: Final = 0.1
"""A datagram is in the file this much later, at the latest."""
NOT_ON: Final = frozenset({None, Stage.NOT_LOADED, Stage.DECIDED, Stage.CLOSED})


def last_entries(paths: Paths, ring: str, *, ago_s: int) -> Iterator[Entry]:
    """What a ring received in the last `ago_s` seconds, as far as the journal has it; the suite need not run."""
    pages = pages_of(paths)
    after = entry_before(pages, ring, unix_ns() // 1000 - ago_s * 1_000_000)
    for _, entry in entries(pages, ring, after=after):
        yield entry


class Following:
    """A ring of a running suite. Once made, it listens to Ctrl-C and SIGTERM: what was received until then is still
    taken.
    """

    def __init__(self, paths: Paths, ring: str, *, note: Callable[[str], None]) -> None:
        self.match_id: str | None = None
        self._client = Client(paths)
        self._ring = ring
        self._note = note
        self._is_away = False
        self._stop_asked = False
        statuses = {status.ring: status for status in self._client.call(GetRings()).rings}
        self._begin = statuses[ring].entry if ring in statuses else 0
        self._journal_id = statuses[ring].journal_id if ring in statuses else ""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def _stop(self, *_: Any) -> None:
        self._stop_asked = True

    def all(self, seconds: float | None) -> Iterator[Entry]:
        """Every entry from now on, for so many seconds, or until it is stopped."""
        deadline = None if seconds is None else monotonic_s() + seconds
        after, end = self._begin, None
        while end is None or after < end:
            is_last = self._stop_asked or (deadline is not None and monotonic_s() >= deadline)
            page = self._ask(ReplayEntries(ring=self._ring, after=after, limit=PAGE))
            if page is not None and page.journal_id != self._journal_id:
                self._note("The journal was begun anew; what is in the new one follows.")
                self._journal_id, after = page.journal_id, 0
                continue
            if page is not None:
                for _, entry in numbered(page, after=after):
                    yield entry
                after = page.batches[-1].last if page.batches else after
            if is_last and end is None:
                end = page.end if page is not None else after
            if page is None or not page.batches:
                if is_last:
                    return
                wait_s(POLL_S)

    def of_match(self) -> Iterator[Entry]:
        """The entries of the match that is on, from its load, or of the next one."""
        states = {state.ring: state for state in self._client.call(ListMatchStates()).states}
        state = states[self._ring]
        after = state.entry
        if state.stage not in NOT_ON and state.match_id is not None:
            after = self._before_load(state.journal_id, state.match_id, state.entry)
        one = OneMatch()
        while not one.is_over:
            is_last = self._stop_asked
            page = self._ask(ReplayEvents(ring=self._ring, journal_id=state.journal_id, after_entry=after, limit=PAGE))
            batches = page.batches if page is not None else []
            for _, parsed in _parsed(batches, after=after):
                yield from one.take(parsed)
            after = batches[-1].last if batches else after
            self.match_id = one.match_id
            if not batches:
                if is_last:
                    return
                one.pass_time(unix_ns() // 1000)
                wait_s(POLL_S)

    def _before_load(self, journal_id: str, match_id: str, end: int) -> int:
        """The entry before the first load of a match that is on; `end` where the journal does not hold it any more."""
        loads: list[int] = []
        while end > 0:
            begin = max(0, end - PAGE)
            asked = ReplayEvents(ring=self._ring, journal_id=journal_id, after_entry=begin, limit=PAGE)
            for number, parsed in reversed(list(_parsed(self._client.call(asked).batches, after=begin))):
                ids = {message.match_id for message in parsed.messages} - {None}
                if ids - {match_id}:
                    return min(loads, default=number + 1) - 1
                if number <= end and _begins(parsed):
                    loads.append(number)
            end = begin
        return min(loads, default=1) - 1

    def _ask(self, command: Any) -> Any:
        """The answer; None while the service is away: it is waited for, as nothing is lost meanwhile."""
        try:
            answer = self._client.call(command)
        except NetworkError:
            if not self._is_away:
                self._note(f"{command.service} does not answer; waiting for it. What it receives is not missed.")
            self._is_away = True
            return None
        self._is_away = False
        return answer


def _parsed(batches: Iterable[ParsedEntries], *, after: int) -> Iterator[tuple[int, ParsedEntry]]:
    for batch in batches:
        for number, parsed in enumerate(batch.results, batch.first):
            if number > after:
                yield number, parsed


def _begins(parsed: ParsedEntry) -> bool:
    events = [event for message in parsed.messages for event in message.events]
    return any(isinstance(event, StageChanged) and event.after is Stage.LOADING for event in events)
