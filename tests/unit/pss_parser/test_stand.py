"""A ring's stand: how the parser gets to its journal's end, and how its past is told again."""

from pathlib import Path
from typing import Any

import pytest

from services.pss_parser import stand as stands
from services.pss_parser.checkpoints import Checkpoints
from services.pss_parser.match import HANDLERS
from services.pss_parser.stand import MOST_FAILURES, Stand
from shared.messages.commands import EntriesPage, ReplayEntries, ReplayEvents
from shared.messages.facts import EntriesLost
from shared.messages.match import Finding
from shared.messages.pss import ClockTicked
from shared.messages.wire import Datagrams, Entry, ParsedEntries

JOURNAL = "j" * 32
SECOND_US = 1_000_000
BOUNDARY_ENTRIES = 10_000
"""Of the tests, as 50,000 take long: five pages."""


class Journal:
    """A journal of one ring in memory, answering as udp-ingest does."""

    def __init__(self) -> None:
        self.batches: list[Datagrams] = []
        self.session = "s1"

    def add(self, count: int, *, size: int = 10, text: bytes = b"clk;01:00;") -> None:
        """Add `count` datagrams in batches of `size`."""
        for _ in range(count // size):
            first = self.end + 1
            entries = [Entry((first + n) * SECOND_US, 0, "10.0.0.1", 5000, text) for n in range(size)]
            self._append(Datagrams("ring-1", JOURNAL, self.session, self._previous(), first, entries))

    def lose(self, count: int) -> None:
        """Add a batch that stands for `count` lost entries."""
        first = self.end + 1
        fact = EntriesLost(from_entry=first, to_entry=first + count - 1, from_us=0, to_us=1)
        entries = [Entry(first * SECOND_US, 0, fact=fact)]
        batch = Datagrams("ring-1", JOURNAL, self.session, self._previous(), first, entries, first + count - 1)
        self._append(batch)

    @property
    def end(self) -> int:
        """The last entry."""
        return self.batches[-1].last if self.batches else 0

    def ask(self, command: ReplayEntries) -> EntriesPage:
        """Answer a page."""
        held = next((b.session for b in self.batches if b.first <= command.after <= b.last), None)
        wanted: list[Datagrams] = []
        for batch in self.batches:
            if batch.last > command.after and sum(len(b.entries) for b in wanted) < command.limit:
                wanted.append(batch)
        first = self.batches[0].first if self.batches else 1
        return EntriesPage(journal_id=JOURNAL, session_at_after=held, first=first, end=self.end, batches=wanted)

    def _previous(self) -> str:
        return self.batches[-1].session if self.batches else ""

    def _append(self, batch: Datagrams) -> None:
        self.batches.append(batch)


@pytest.fixture(autouse=True)
def _near_boundaries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stands, "BOUNDARY_ENTRIES", BOUNDARY_ENTRIES)


@pytest.fixture
def journal() -> Journal:
    """An empty journal."""
    return Journal()


def stand_of(journal: Journal, folder: Path) -> Stand:
    """A stand at the journal's end."""
    stand = Stand("ring-1", Checkpoints(folder, "ring-1"), journal.ask)
    caught_up(stand)
    return stand


def caught_up(stand: Stand) -> list[ParsedEntries]:
    """Let the stand get to the journal's end; what it would publish."""
    results: list[ParsedEntries] = []
    for _ in range(1000):
        if not stand.is_waiting:
            return results
        results += stand.catch_up()
    raise AssertionError("never there")


def numbers(results: list[ParsedEntries]) -> list[int]:
    """The entry numbers of results."""
    return [number for result in results for number, _ in enumerate(result.results, result.first)]


def test_resumes_silently_and_goes_on_aloud(journal: Journal, tmp_path: Path) -> None:
    """What was there before is not told again; what comes next is."""
    journal.add(5000)
    stand = stand_of(journal, tmp_path)
    assert stand.position().entry == 5000
    journal.add(10)
    assert numbers(stand.take(journal.batches[-1])) == list(range(5001, 5011))
    assert stand.take(journal.batches[-1]) == []


def test_a_gap_is_fetched_a_page_at_a_time_and_told_once(journal: Journal, tmp_path: Path) -> None:
    """After missed batches every entry is told once, in order, in pages."""
    stand = stand_of(journal, tmp_path)
    journal.add(9000)
    assert stand.take(journal.batches[-1]) == []
    assert stand.behind
    assert len(stand.catch_up()) < len(journal.batches)
    told = numbers(caught_up(stand))
    assert told == list(range(told[0], 9001))
    assert told[0] <= 2001


def test_another_past_is_noticed(journal: Journal, tmp_path: Path) -> None:
    """A journal that was put back to an older state, and goes on in a new session, is rebuilt silently."""
    journal.add(100)
    stand = stand_of(journal, tmp_path)
    del journal.batches[4:]
    journal.session = "s2"
    journal.add(10)
    assert stand.take(journal.batches[-1]) == []
    assert not stand.resumed
    assert caught_up(stand) == []
    assert (stand.position().entry, stand.position().session) == (50, "s2")


@pytest.mark.slow
def test_replays_side_by_side(journal: Journal, tmp_path: Path) -> None:
    """Two who ask page after page from different places both get everything, once."""
    journal.add(12_000)
    stand = stand_of(journal, tmp_path)
    told: dict[str, list[int]] = {"far": [], "near": []}
    after = {"far": 8_000, "near": 10}
    for _ in range(40):
        for who in told:
            if after[who] < 12_000:
                page = stand.replay(ReplayEvents(ring="ring-1", journal_id=JOURNAL, after_entry=after[who]))
                told[who] += numbers(page.batches)
                after[who] = page.batches[-1].last if page.batches else after[who]
    assert told["far"] == list(range(8_001, 12_001))
    assert told["near"] == list(range(11, 12_001))


def test_lost_entries_are_told_to_those_who_have_a_part_of_them(journal: Journal, tmp_path: Path) -> None:
    """A parser that got some of the lost entries while they were in memory still says that the others are lost."""
    journal.add(10)
    stand = stand_of(journal, tmp_path)
    journal.add(10)
    stand.take(journal.batches[-1])
    del journal.batches[-1]
    journal.lose(1000)
    journal.add(10)
    assert stand.take(journal.batches[-1]) == []
    results = caught_up(stand)
    assert [(r.first, r.last) for r in results] == [(21, 1010), (1011, 1020)]
    assert [type(event) for event in results[0].results[0].events] == [Finding]
    page = stand.replay(ReplayEvents(ring="ring-1", journal_id=JOURNAL, after_entry=500))
    assert [(r.first, r.last) for r in page.batches] == [(501, 1010), (1011, 1020)]
    assert [type(event) for event in page.batches[0].results[0].events] == [Finding]


def test_a_ring_without_matches_lets_its_journal_be_trimmed(journal: Journal, tmp_path: Path) -> None:
    """A state is kept for good now and then though no match is ever loaded, and the oldest one needed is named."""
    stand = stand_of(journal, tmp_path)
    for _ in range(3):
        journal.add(BOUNDARY_ENTRIES, size=1000, text=b"x;")
        for batch in journal.batches[-BOUNDARY_ENTRIES // 1000 :]:
            stand.take(batch)
        stand.save_boundary()
    kept = stand.prune(before_us=(2 * BOUNDARY_ENTRIES + 10) * SECOND_US, now_us=10**15)
    assert kept is not None
    assert kept.entry == 2 * BOUNDARY_ENTRIES
    assert sorted(int(path.stem) for path in (tmp_path / "ring-1").glob("*.state")) == [20_000, 30_000]
    again = stand_of(journal, tmp_path)
    assert again.position() == stand.position()


def test_a_long_way_is_not_begun_again(journal: Journal, tmp_path: Path) -> None:
    """Who is ended on the way to the journal's end goes on near the place."""
    journal.add(3 * BOUNDARY_ENTRIES, size=1000, text=b"x;")
    stand = Stand("ring-1", Checkpoints(tmp_path, "ring-1"), journal.ask)
    for _ in range(12):
        stand.catch_up()
    assert not stand.resumed
    newest = Checkpoints(tmp_path, "ring-1").newest()
    assert newest is not None
    assert newest.entry >= 2 * BOUNDARY_ENTRIES


def test_faults_of_ours_are_not_silent(journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries whose handling raised are told once, some of a flood; whoever publishes logs and counts them."""
    journal.add(10)
    stand = stand_of(journal, tmp_path)
    assert stand.take_failures() == []

    def raising(*_: object) -> None:
        raise RuntimeError("broken")

    handlers: dict[Any, Any] = HANDLERS
    monkeypatch.setitem(handlers, ClockTicked, raising)
    journal.add(40)
    for batch in journal.batches[1:]:
        stand.take(batch)
    failures = stand.take_failures()
    assert [entry for entry, _ in failures] == list(range(11, 11 + MOST_FAILURES))
    assert {str(error) for _, error in failures} == {"broken"}
    assert stand.take_failures() == []
